"""What goes on unasked: the tasks and what became of them, the processes that run them, and how all of it is."""
