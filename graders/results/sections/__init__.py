"""The sections of the class report: functions from a class to HTML, to nothing where there is nothing."""
