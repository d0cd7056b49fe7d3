"""What belongs together: several reports of one purchase, the legs of a transfer, a refund and its
purchase. Pairs are scored with reasons; certain ones are carried out, others asked of a person,
and what was decided is remembered. Nothing is dropped for being alike."""
