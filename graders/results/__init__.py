"""What is made of the records of a class: gradebook, feedback, class report, and writing them."""
