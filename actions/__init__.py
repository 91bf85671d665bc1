"""Custom actions: one file per customer goal. Rasa imports every module below here, so nothing acts on import."""
