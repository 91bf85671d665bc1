"""What a turn costs, how many a core answers, and how long customers wait: measured, beside stock Rasa, in one run."""
