"""Images in, named cells out: sources, pipeline, runs, watched folders, live pictures."""
