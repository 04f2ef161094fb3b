"""One model, conditions of text, contrasts and claims."""
