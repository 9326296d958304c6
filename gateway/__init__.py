"""The recordkeeper gateway: from contributions and marks to exact daily settlement."""
