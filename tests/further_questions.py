"""Questions across the five documents, asked in the terms of the contract of the data alone, with answers worked out by hand.

A question is a query with one to three columns; the answer is the set of its rows, a row of one column as a plain string.
"""

from __future__ import annotations

FURTHER: dict[str, tuple[str, set]] = {
    "how many seminars did each office invite to": (
        """SELECT ?office ?n WHERE { { SELECT ?office (STR(COUNT(?s)) AS ?n) WHERE { ?s a jichi:Seminar ; jichi:invitedBy ?office } GROUP BY ?office } }""",
        {("beijing", "6"), *((office, "7") for office in ("london", "new-york", "paris", "seoul", "singapore", "sydney"))},
    ),
    "how many hosts are there of each kind": (
        """SELECT ?kind ?n WHERE { { SELECT ?concept (STR(COUNT(DISTINCT ?host)) AS ?n) WHERE {
           ?s a jichi:Seminar ; jichi:hostedBy ?host . ?host org:classification ?concept } GROUP BY ?concept }
           BIND(STRAFTER(STR(?concept), "#") AS ?kind) }""",
        {("prefecture", "17"), ("city", "14"), ("designated-city", "5"), ("town", "5")},
    ),
    "which towns hosted a seminar, and in which prefecture do they lie": (
        """SELECT ?town ?prefecture WHERE { ?s a jichi:Seminar ; jichi:hostedBy ?host . ?host org:classification kind:town ;
           jichi:inPrefecture/skos:prefLabel ?prefecture ; skos:prefLabel ?town . FILTER(LANG(?town) = "ja" && LANG(?prefecture) = "ja") }""",
        {("江北町", "佐賀県"), ("ニセコ町", "北海道"), ("熊野町", "広島県"), ("多気町", "三重県"), ("精華町", "京都府")},
    ),
    "which activities go on, and since which fiscal year": (
        """SELECT ?activity ?since WHERE { ?activity a jichi:ReportedActivity ; jichi:continuation cont:ongoing ; jichi:fromFiscalYear ?since }""",
        {
            ("hamamatsu-uclg", "2003"), ("osaka-golden-triangle", "2005"), ("hyogo-near", "1996"), ("strait-governors-meeting", "1992"),
            ("yamaguchi-three-city-symposium", "2008"), ("kitakyushu-oeaed", "2004"), ("okinawa-itop-forum", "1997"),
            ("sakaiminato-ferry-exchange", "2009"),
        },
    ),
    "of which country are the members of the East Asia organisation": (
        """SELECT ?country ?n WHERE { { SELECT ?country (STR(COUNT(DISTINCT ?lg)) AS ?n) WHERE { ?m org:organization network:oeaed ;
           org:member ?lg ; org:role role:member . ?lg jichi:inCountry ?country } GROUP BY ?country } }""",
        {("cn", "4"), ("kr", "3"), ("jp", "3")},
    ),
    "who is in a network otherwise than as a member": (
        """SELECT ?network ?lg ?role WHERE { ?m org:organization ?network ; org:member ?lg ; org:role ?concept . ?network a jichi:Network .
           FILTER(?concept NOT IN (role:member)) BIND(STRAFTER(STR(?concept), "#") AS ?role) }""",
        {
            ("world-winter-cities", "jp-hokkaido-sapporo-shi", "secretariat"),
            *(("near", f"jp-{name}-ken", "committee-host") for name in ("hyogo", "toyama", "shimane")),
            *(("itop-forum", lg, "founder") for lg in ("kr-jeju", "cn-hainan", "id-bali")),
            *(("itop-forum", lg, "observer") for lg in ("th-phuket", "ph-ceb-cebu", "kh-kampong-cham", "ca-prince-edward-island")),
        },
    ),
    "which governments take part in more than one activity": (
        """SELECT ?lg ?n WHERE { { SELECT ?lg (STR(COUNT(DISTINCT ?a)) AS ?n) WHERE { ?lg jichi:takesPartIn ?a . ?a a jichi:ReportedActivity }
           GROUP BY ?lg HAVING(COUNT(DISTINCT ?a) > 1) } }""",
        {("kr-busan", "3"), ("kr-jeju", "2")},
    ),
    "how many members has each network, as a stated figure": (
        """SELECT ?network ?n ?month WHERE { ?figure a jichi:MembershipCount ; jichi:figureOf ?network ; jichi:value ?n .
           OPTIONAL { ?figure jichi:asOf ?month } }""",
        {("near", "70", ""), ("world-winter-cities", "20", "2010-10"), ("oeaed", "10", "")},
    ),
    "who belongs to the common bodies of municipalities": (
        """SELECT ?body ?lg WHERE { ?body a jichi:CommonBody . ?m org:organization ?body ; org:member ?lg }""",
        {
            *(("kesen-regional-union", f"jp-iwate-{lg}") for lg in ("ofunato-shi", "rikuzentakata-shi", "sumita-cho")),
            *(("miyagi-zao-sangenkyo-council", f"jp-miyagi-{lg}") for lg in ("murata-machi", "kawasaki-machi", "zao-machi")),
        },
    ),
    "which telephone and fax numbers does each document print": (
        """SELECT ?document ?telephone ?fax WHERE { ?contact cv:telephone ?telephone ; schema:faxNumber ?fax ;
           prov:wasDerivedFrom/oa:hasSource/prov:specializationOf ?document }""",
        {("000", "+81-3-5213-1723", "+81-3-5213-1742"), ("001", "+81-3-5213-1723", "+81-3-5213-1742"), ("004", "03-5213-1723", "03-5213-1742")},
    ),
    "which meetings come round, and how often": (
        """SELECT ?meeting ?often WHERE { ?meeting a jichi:ExchangeProgramme ; cv:frequency ?value BIND(STRAFTER(STR(?value), "frequency/") AS ?often) }""",
        {
            ("strait-governors-meeting", "ANNUAL"), ("strait-working-level-meeting", "ANNUAL_3"), ("itop-forum", "ANNUAL"),
            ("newcastle-summit", "BIENNIAL"), ("oeaed-general-assembly", "BIENNIAL"), ("japan-france-conference", "BIENNIAL"),
            ("trilateral-conference", "ANNUAL"), ("lg-exchange-cooperation-seminar", "ANNUAL"), ("ichikawa-pupil-exchange", "ANNUAL"),
            ("healthy-cities-annual-conference", "ANNUAL"),
        },
    ),
    "which news items mention the London office": (
        """SELECT ?line WHERE { ?item a schema:NewsArticle ; schema:mentions office:london ; prov:wasDerivedFrom/jichi:firstLine ?line }""",
        {"1", "4", "16"},
    ),
}  # fmt: skip
