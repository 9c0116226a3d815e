"""Rules and the code that applies them. A check never prints, exits, reads configuration by itself or decides."""
