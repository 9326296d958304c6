"""`gateway decide`: what two people of operations decide about a running day."""
