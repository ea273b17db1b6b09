"""What was written, judged again: by a candidate policy (`simulate`), or as it was judged (`replay`).

The owner's command line runs both. They read page by page in a read-only session and change nothing.
"""
