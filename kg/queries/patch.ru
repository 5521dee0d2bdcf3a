# en: From one release to the next; every statement with its graph.
# ja: あるリリースから次のリリースへの差分。記述ごとにグラフを示す。
DELETE DATA {
$removed} ;
INSERT DATA {
$added}
