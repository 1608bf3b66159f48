"""The training step as it is written with other libraries, each in a process of its own, to be timed beside ours."""
