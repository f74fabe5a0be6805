"""How raters do: signals over their live answers, what a lead reads of one, and what a lead can do about it."""
