"""Pure views of the records of a class: gradebook, feedback, class report."""
