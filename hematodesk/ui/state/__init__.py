"""What features share: the task lanes, the history, the model and the image on show."""
