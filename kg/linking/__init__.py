"""The linker: what is offered elsewhere is compared with what is unlinked here, and rules decide.

`names` compares names, `offered` holds tables, `service` asks a reconciliation service, `rules` decides, `proposing` goes
through what is unlinked and writes rows of SSSOM.
"""
