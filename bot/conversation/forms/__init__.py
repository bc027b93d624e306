"""What a form answers while somebody fills it in. How it is drawn is each chat's own business."""
