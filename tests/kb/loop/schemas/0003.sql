BEGIN TRANSACTION;
CREATE TABLE gaps (
	"query" TEXT NOT NULL, 
	wording TEXT NOT NULL, 
	filters TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	due VARCHAR NOT NULL, 
	entry VARCHAR NOT NULL, 
	changed_at VARCHAR NOT NULL, 
	PRIMARY KEY ("query")
);
INSERT INTO "gaps" VALUES('監査ログは残るか','監査ログは残るか','[[["industry", ["食品"]]], "", ""]','closed','大橋','2026-12-01','notes/audit','2026-11-24T09:00:00.000+00:00');
INSERT INTO "gaps" VALUES('夜間の窓口','夜間の窓口','[]','open','大橋','2026-12-01','','2026-11-24T09:00:00.000+00:00');
CREATE TABLE helpful (
	entry VARCHAR NOT NULL, 
	asker VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (entry, asker)
);
INSERT INTO "helpful" VALUES('talk-tracks/migration','asker2','2026-11-24T09:00:00.000+00:00');
CREATE TABLE judged (
	one TEXT NOT NULL, 
	other TEXT NOT NULL, 
	is_same INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (one, other)
);
INSERT INTO "judged" VALUES('監査の記録','監査ログは残るか',1,'2026-11-24T09:00:00.000+00:00');
CREATE TABLE meanings (
	wording TEXT NOT NULL, 
	model VARCHAR NOT NULL, 
	vector BLOB NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (wording, model)
);
INSERT INTO "meanings" VALUES('監査ログは残るか','model',X'0000803F','2026-11-24T09:00:00.000+00:00');
CREATE TABLE opened (
	search VARCHAR NOT NULL, 
	entry VARCHAR NOT NULL, 
	at VARCHAR NOT NULL
);
INSERT INTO "opened" VALUES('s2','talk-tracks/migration','2026-11-24T09:00:00.000+00:00');
CREATE TABLE searches (
	id VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	"query" TEXT NOT NULL, 
	language VARCHAR NOT NULL, 
	team VARCHAR NOT NULL, 
	filters TEXT NOT NULL, 
	confidence VARCHAR NOT NULL, 
	total INTEGER NOT NULL, 
	hidden INTEGER NOT NULL, 
	asker VARCHAR NOT NULL, 
	deal VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "searches" VALUES('s1','2026-11-24T01:00:00.000+00:00','監査ログは残るか','ja','sales','[[["industry", ["食品"]]], "", ""]','none',0,2,'asker1','deals/akane');
INSERT INTO "searches" VALUES('s2','2026-11-24T02:00:00.000+00:00','What does migration cost?','en','','[]','high',3,0,'asker2','');
INSERT INTO "searches" VALUES('s3','2026-11-24T03:00:00.000+00:00','夜間の窓口','ja','','[]','none',0,0,'asker2','');
CREATE TABLE told (
	"query" TEXT NOT NULL, 
	asker VARCHAR NOT NULL, 
	seen INTEGER NOT NULL, 
	PRIMARY KEY ("query", asker)
);
INSERT INTO "told" VALUES('監査ログは残るか','asker1',0);
CREATE TABLE used (
	search VARCHAR NOT NULL, 
	entry VARCHAR NOT NULL, 
	deal VARCHAR NOT NULL, 
	at VARCHAR NOT NULL
);
INSERT INTO "used" VALUES('s2','talk-tracks/migration','deals/akane','2026-11-24T09:00:00.000+00:00');
CREATE INDEX ix_searches_asker ON searches (asker);
CREATE INDEX searches_by_deal ON searches (deal);
CREATE INDEX ix_searches_at ON searches (at);
CREATE INDEX ix_opened_entry ON opened (entry);
CREATE INDEX ix_opened_search ON opened (search);
CREATE INDEX ix_used_entry ON used (entry);
CREATE INDEX ix_used_search ON used (search);
COMMIT;
