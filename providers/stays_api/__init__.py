"""The API by which other programs send stays and read them: HTTP and JSON, and no business."""
