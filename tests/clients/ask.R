# The query in the file that the first argument names, asked of the endpoint at the second; the answer as CSV.
# RCurl takes an answer for Latin-1 unless it is told otherwise.
library(SPARQL)
given <- commandArgs(trailingOnly = TRUE)
query <- paste(readLines(given[1], encoding = "UTF-8"), collapse = "\n")
answer <- SPARQL(given[2], query, curl_args = list(.encoding = "UTF-8"))
write.csv(answer$results, row.names = FALSE)
