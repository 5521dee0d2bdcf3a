GRAPH <$graph> {
$triples}
