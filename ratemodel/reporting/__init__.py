"""Tables, figures and words: they read results and compute nothing."""
