"""`alexa`: a custom skill. Signed requests in, speech, card and screen out in the same response."""
