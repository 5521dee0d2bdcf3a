# The default graph is the RDF merge of the named graphs: each triple once, however many graphs hold it.
INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }
