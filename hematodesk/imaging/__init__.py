"""Bytes to a safe RGB array; locate cells; crop; thumbnails. The only room that imports cv2."""
