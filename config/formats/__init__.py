"""How each language writes dates; what stands in no file here is as Django has it."""
