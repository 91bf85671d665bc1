"""Everything that touches Rasa: the agent in this process, its tracker, its store, its actions."""
