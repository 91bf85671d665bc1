"""Understanding: Rasa graph components that turn a message into language, intent and entities. Needs nothing else of ours."""
