"""What is wrong, as far as the server, the disks and the records of the database tell it; one module for each."""
