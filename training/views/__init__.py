"""Pages of training: the loop, runs, models and rounds. All but the project's home are for admins."""
