"""Questions that a careful reader asks of the prose of the five documents, each with the answer that its lines give.

A question is a query with one or two columns; the answer is the set of its rows, a row of one column as a plain string.
"""

from __future__ import annotations

QUESTIONS: dict[str, tuple[str, set]] = {
    "which events are only planned, and when": (
        """SELECT ?event ?first WHERE { ?event a schema:Event ; jichi:status stat:planned ; jichi:earliest ?first }""",
        {
            ("near-disaster-prevention-2011", "2011-03-01"), ("oeaed-general-assembly-2010", "2010-11-01"),
            ("tokyo-2020", "2020-01-01"),
        },
    ),
    "what was held or planned in Qingdao": (
        """SELECT ?event WHERE { ?event schema:location lg:cn-sd-qingdao }""",
        {"oeaed-general-assembly-2010", "oeaed-city-cooperation-forum-2009", "oeaed-executive-committee-2009"},
    ),
    "which figures are targets, and for which year": (
        """SELECT ?value ?year WHERE { ?figure jichi:status stat:target ; jichi:value ?value ; jichi:asOf ?year }""",
        {("18000000", "2016"), ("3", "2016")},
    ),
    "which figure is only a lower bound": (
        """SELECT ?value ?unit WHERE { ?figure jichi:bound bound:at-least ; jichi:value ?value ; jichi:unit ?unit }""",
        {("1600", "sister city affiliations")},
    ),
    "who set up CLAIR, for whom, who pays and who staffs it": (
        """SELECT ?how ?who WHERE { ?clair skos:altLabel "CLAIR"@en ; ?property ?concept .
           FILTER(?property IN (jichi:setUpBy, jichi:setUpFor, jichi:fundedBy, jichi:staffedFrom))
           BIND(STRAFTER(STR(?property), "#") AS ?how) BIND(STRAFTER(STR(?concept), "#") AS ?who) }""",
        {
            ("setUpBy", "municipalities"), ("setUpFor", "municipalities"), ("fundedBy", "local-governments"),
            ("staffedFrom", "professionals-of-cities"),
        },
    ),
    "which news items have no title, and on which lines do they stand": (
        """SELECT ?place ?line WHERE { ?item a schema:NewsArticle ; schema:position ?place ; prov:wasDerivedFrom/jichi:firstLine ?line .
           FILTER NOT EXISTS { ?item schema:headline ?title } }""",
        {("1", "1"), ("3", "4"), ("6", "9")},
    ),
    "which Japanese local governments do the news items mention": (
        """SELECT DISTINCT ?name WHERE { ?item schema:mentions ?thing . ?thing a jichi:LocalGovernment ; jichi:inCountry country:jp ;
           skos:prefLabel ?name . FILTER(LANG(?name) = "ja") }""",
        {"東京都", "金沢市", "大阪市", "神戸市"},
    ),
    "which networks do the news items mention": (
        """SELECT DISTINCT ?name WHERE { ?item schema:mentions ?thing . ?thing a jichi:Network ; skos:prefLabel ?name . FILTER(LANG(?name) = "en") }""",
        {"WHO European Healthy Cities Network", "UNESCO Creative Cities Network"},
    ),
    "which persons are named, and for whom do they work": (
        """SELECT ?name ?employer WHERE { ?person a schema:Person ; schema:name ?name .
           OPTIONAL { ?person schema:worksFor/schema:name ?employer } }""",
        {("Jim Brooks", ""), ("Michael Burton", "MJ"), ("Heather Jameson", "MJ")},
    ),
    "which law is named, when was it passed and from when does it apply": (
        """SELECT ?passed ?applies WHERE { ?law a schema:Legislation ; schema:legislationDate ?passed ; dcterms:valid ?applies }""",
        {("2012", "2015")},
    ),
    "where was the referendum held, and under what": (
        """SELECT ?place ?law WHERE { ?vote jichi:heldUnder ?law ; schema:location ?place }""",
        {("jp-osaka-osaka-shi", "metropolitan-governance-law-2012")},
    ),
    "who organised the seminar on investment in London, and where": (
        """SELECT ?who ?where WHERE { event:london-investment-seminar jichi:organisedBy ?who ; schema:location ?where }""",
        {("gb-greater-london", "gb-embassy-of-japan"), ("gla-promotional-agency", "gb-embassy-of-japan")},
    ),
    "which series meet in turn at their members": (
        """SELECT ?series WHERE { ?series jichi:venueRule ?rule . FILTER(STRENDS(STR(?rule), "#in-turn")) }""",
        {"newcastle-summit", "strait-governors-meeting", "three-city-university-symposium", "itop-forum"},
    ),
    "what is held every second year": (
        """SELECT ?thing WHERE { ?thing cv:frequency freq:BIENNIAL }""",
        {
            "japan-france-conference", "newcastle-summit", "near-general-assembly", "near-working-committee",
            "oeaed-general-assembly",
        },
    ),
    "what is held three times a year": (
        """SELECT ?thing ?printed WHERE { ?thing cv:frequency freq:ANNUAL_3 ; jichi:verbatim ?printed }""",
        {("strait-working-level-meeting", "毎年3回")},
    ),
    "who founded the Inter-Islands Tourism Policy Forum": (
        """SELECT ?name WHERE { ?m org:organization network:itop-forum ; org:role role:founder ; org:member/skos:prefLabel ?name . FILTER(LANG(?name) = "ja") }""",
        {"済州特別自治道", "海南省", "バリ州"},
    ),
    "who runs which committee of NEAR": (
        """SELECT ?host ?field WHERE { ?committee jichi:committeeHost ?host ; jichi:field ?field }""",
        {("jp-hyogo-ken", "防災"), ("jp-toyama-ken", "環境"), ("jp-shimane-ken", "教育・文化交流")},
    ),
    "which sections does the East Asian organisation have": (
        """SELECT ?field WHERE { ?section org:unitOf network:oeaed ; jichi:field ?field }""",
        {"ものづくり", "環境", "ロジスティックス", "観光"},
    ),
    "who comes to the general assemblies": (
        """SELECT ?assembly ?who WHERE { ?assembly skos:prefLabel ?name ; jichi:participantKind ?kind .
           FILTER(LANG(?name) = "en" && CONTAINS(?name, "General Assembly")) BIND(STRAFTER(STR(?kind), "#") AS ?who) }""",
        {
            ("near-general-assembly", "governors"), ("oeaed-general-assembly", "mayors"),
            ("oeaed-general-assembly", "chamber-of-commerce-presidents"),
        },
    ),
    "how many young people went abroad": (
        """SELECT ?value ?lines WHERE { ?figure jichi:figureOf ?event ; jichi:value ?value ; jichi:unit "名"@ja ; prov:wasDerivedFrom/jichi:firstLine ?lines }""",
        {("12", "166"), ("6", "176"), ("2", "176")},
    ),
    "which award did a network receive": (
        """SELECT ?name ?network WHERE { ?award jichi:awardedTo ?network ; schema:name ?name }""",
        {("第4回姉妹自治体交流表彰", "oeaed")},
    ),
    "what was signed where and when": (
        """SELECT ?name ?place WHERE { ?event schema:startDate "2010-10-06"^^xsd:date ; schema:workFeatured/schema:name ?name ; schema:location ?place }""",
        {("三市協力計画議事録", "ru-pri-vladivostok")},
    ),
    "where does the ferry call, and since when": (
        """SELECT ?port ?since WHERE { ?route schema:itinerary ?port ; schema:startDate ?since }""",
        {("jp-tottori-sakaiminato-shi", "2009-06"), ("kr-42-donghae", "2009-06"), ("ru-pri-vladivostok", "2009-06")},
    ),
    "which flight is considered, by whom": (
        """SELECT ?airline ?end WHERE { ?route jichi:status ?status ; schema:provider/schema:name ?airline ; schema:itinerary ?end .
           FILTER(STRENDS(STR(?status), "#under-consideration")) }""",
        {("海南航空", "jp-okinawa-naha-shi"), ("海南航空", "cn-beijing")},
    ),
    "what did the delegation from Hainan propose, and who led it": (
        """SELECT ?about ?leader WHERE { ?statement jichi:statedBy ?delegation ; jichi:statementKind statement-kind:proposal ; schema:about ?topic .
           ?delegation jichi:ledBy ?office . FILTER(CONTAINS(STR(?topic), "/topic#"))
           BIND(STRAFTER(STR(?topic), "#") AS ?about) BIND(STRAFTER(STR(?office), "#") AS ?leader) }""",
        {
            ("ocean-development", "vice-governor"), ("tourism", "vice-governor"), ("direct-flight", "vice-governor"),
            ("exchange", "vice-governor"),
        },
    ),
    "which dates are printed but doubtful": (
        """SELECT ?date ?line WHERE { ?event jichi:issue issue:date-doubtful ; schema:startDate ?date ; prov:wasDerivedFrom/jichi:firstLine ?line }""",
        {("2011-10-17", "194")},
    ),
    "what is the mail address for enquiries": (
        """SELECT ?unit ?mail WHERE { ?division cv:contactPoint/cv:email ?mail ; a org:OrganizationalUnit ; schema:name ?unit }""",
        {
            ("International Exchange Division", "shimai@clair.or.jp"), ("交流支援部交流親善課", "shimai@clair.or.jp"),
            ("交流親善課", "shimai@clair.or.jp"),
        },
    ),
    "which network was renamed": (
        """SELECT ?name ?other WHERE { ?change dcterms:type ?type ; org:resultingOrganization ?network . FILTER(STRENDS(STR(?type), "#renaming"))
           ?network skos:prefLabel ?name ; schema:name ?other . FILTER(LANG(?name) = "ja" && STR(?name) != STR(?other)) }""",
        {("世界ニューキャッスルアライアンス", "世界ニューキャッスル(新城)サミット")},
    ),
    "what is the slogan of the winter cities": (
        """SELECT ?slogan WHERE { network:world-winter-cities schema:slogan ?slogan }""",
        {"冬は資源であり、財産である"},
    ),
}  # fmt: skip
