"""Proof by faults that the queue hands out, takes in and loses nothing: races, a model, a storm, a checker, mutants."""
