BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES('0011');
CREATE TABLE aliases (
	url_key BLOB NOT NULL, 
	url TEXT NOT NULL, 
	article_id INTEGER NOT NULL, 
	why TEXT NOT NULL, 
	PRIMARY KEY (url_key), 
	FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO aliases VALUES(X'b6f24e01a69552e54719fd1ec5967369','https://www.rfi.fr/cn/%E5%9B%BD%E9%99%85/20230801-dengta',1,'same story');
CREATE TABLE articles (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	url_key BLOB NOT NULL, 
	canonical_url TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	title TEXT NOT NULL, 
	section TEXT, 
	language TEXT, 
	content_id TEXT, 
	published_at BIGINT NOT NULL, 
	modified_at BIGINT, 
	first_seen_at BIGINT NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	gone_at BIGINT, 
	current_revision INTEGER NOT NULL, 
	fingerprint BLOB NOT NULL, 
	claims_digest BLOB NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_articles_url_key UNIQUE (url_key)
);
INSERT INTO articles VALUES(1,'rfi-cn',X'4c6740910e696e980f22cff892fa2aa7','https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta','20230801-dengta','灯塔重新点亮','中国','zh-Hans','WBMZ1-RFI-CN-20230801',1690891200000000,1690905600000000,1690894800000000,1690912800000000,NULL,2,X'87243e08f26450fb31cb55d94d5b2f5e',X'1283ef1d967248ac');
INSERT INTO articles VALUES(2,'rfi-cn',X'2772a640dd44137e65d406861e1c1088','https://www.rfi.fr/cn/20230802-lundu','20230802-lundu','渡轮恢复通航',NULL,'zh-Hans',NULL,1690977600000000,NULL,1690981200000000,1690981200000000,NULL,1,X'a9104c83cbbfed7dbccff6f632a3ba7c',X'');
INSERT INTO articles VALUES(3,'rfi-fr',X'5af4d8d4518fd3a8cebbc91542a42a2f','https://www.rfi.fr/fr/20230801-phare','20230801-phare','Le phare de l’île se rallume',NULL,'fr',NULL,1690891200000000,NULL,1690898400000000,1690898400000000,NULL,1,X'42f0ca2153a934cd5d794b14d0a04b1a',X'');
CREATE TABLE bodies (
	revision_id INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (revision_id), 
	FOREIGN KEY(revision_id) REFERENCES revisions (id)
);
INSERT INTO bodies VALUES(1,X'28b52ffd20bcb50300b4065b5b22e6b894e6b091e8afb4efbc8ce4bb96e4bbace58f88e883bde79c8be8a781e59b9ee5aeb6e79a84e8b7afe38082222c22e4bfaee5a48de5b7a5e7a88be794b1e5bd93e59cb0e5b185e6b091e587bae8b584e38082225d2c223c703e3c2f703e3c703e3c2f703e225d0200c520cdd3338319');
INSERT INTO bodies VALUES(2,X'28b52ffd20d485040034085b5b22e6b894e6b091e8afb4efbc8ce4bb96e4bbace58f88e883bde79c8be8a781e59b9ee5aeb6e79a84e8b7afe38082222c22e4bfaee5a48de5b7a5e7a88be794b1e5bd93e59cb0e5b185e6b091e5928ce4b880e4bd8de781afe5a194e5ae88e68aa4e4babae587bae8b584e38082225d2c223c703e3c2f703e3c703e3c2f703e225d031006220174c66c6dd30c');
INSERT INTO bodies VALUES(3,X'28b52ffd205efd010074035b5b22e6b8afe58aa1e585ace58fb8e5aea3e5b883e6b8a1e8bdaee681a2e5a48de9809ae888aae38082225d2c223c703e3c2f703e225d010021960a0a');
INSERT INTO bodies VALUES(4,X'28b52ffd2054d5010024035b5b224c65732070c3aa6368657572732073e28099656e2072c3a96a6f75697373656e742e225d2c223c703e3c2f703e225d0100648e2a03');
CREATE TABLE claims (
	article_id INTEGER NOT NULL, 
	field TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	value TEXT NOT NULL, 
	first_seen_at BIGINT NOT NULL, 
	PRIMARY KEY (article_id, field, origin, value), 
	FOREIGN KEY(article_id) REFERENCES articles (id)
)
 WITHOUT ROWID

;
INSERT INTO claims VALUES(1,'published_at','printed','2023-08-01T14:00:00+02:00',1690894800000000);
INSERT INTO claims VALUES(1,'title','meta','灯塔重新点亮 - RFI',1690894800000000);
CREATE TABLE frontier (
	id INTEGER NOT NULL, 
	url_key BLOB NOT NULL, 
	url TEXT NOT NULL, 
	source TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	walk INTEGER NOT NULL, 
	is_listing BOOLEAN NOT NULL, 
	page INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	due_at BIGINT, 
	published_at BIGINT, 
	run_id INTEGER, 
	leased_until BIGINT, 
	attempts INTEGER NOT NULL, 
	reason TEXT, 
	found_at BIGINT NOT NULL, 
	settled_at BIGINT, slice INTEGER, capture TEXT, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_frontier_url_key UNIQUE (url_key)
);
INSERT INTO frontier VALUES(1,X'd6815d0d8e6d3d43360bed6229f09f95','https://www.rfi.fr/cn/','rfi-cn','',2,1,1,'done',10,NULL,NULL,NULL,NULL,0,NULL,1690909200000000,1690981200000000,NULL,NULL);
INSERT INTO frontier VALUES(2,X'4c6740910e696e980f22cff892fa2aa7','https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta','rfi-cn','',2,0,1,'done',0,1690999200000000,1690891200000000,NULL,NULL,0,NULL,1690909200000000,1690909200000000,NULL,NULL);
INSERT INTO frontier VALUES(3,X'b6f24e01a69552e54719fd1ec5967369','https://www.rfi.fr/cn/%E5%9B%BD%E9%99%85/20230801-dengta','rfi-cn','',2,0,1,'done',0,1690999200000000,1690891200000000,NULL,NULL,0,NULL,1690909200000000,1690912800000000,NULL,NULL);
INSERT INTO frontier VALUES(4,X'2772a640dd44137e65d406861e1c1088','https://www.rfi.fr/cn/20230802-lundu','rfi-cn','',2,0,1,'done',0,1690999200000000,1690977600000000,NULL,NULL,0,NULL,1690909200000000,1690981200000000,NULL,NULL);
INSERT INTO frontier VALUES(5,X'e48f7fadcfc07017b2fbd69d6ac917e4','https://www.rfi.fr/cn/20230803-wei','rfi-cn','',2,0,1,'failed',0,NULL,NULL,NULL,NULL,0,'failed: HTTP 500',1690909200000000,1690981200000000,NULL,NULL);
CREATE TABLE hosts (
	host TEXT NOT NULL, 
	next_allowed_at BIGINT NOT NULL, 
	troubles INTEGER NOT NULL, 
	refusals INTEGER NOT NULL, 
	why_paused TEXT, 
	is_liar BOOLEAN NOT NULL, 
	robots_status INTEGER, 
	robots_body BLOB, 
	robots_fetched_at BIGINT, claimed_until BIGINT, 
	PRIMARY KEY (host)
);
INSERT INTO hosts VALUES('www.rfi.fr',1690909201000000,0,0,NULL,0,200,X'557365722d6167656e743a202a0a416c6c6f773a202f0a',1690909200000000,NULL);
CREATE TABLE pages (
	url_key BLOB NOT NULL, 
	etag TEXT, 
	last_modified TEXT, 
	content BLOB NOT NULL, 
	unaudited_polls INTEGER NOT NULL, 
	links JSON, 
	PRIMARY KEY (url_key)
);
INSERT INTO pages VALUES(X'd6815d0d8e6d3d43360bed6229f09f95','"1"','Tue, 01 Aug 2023 17:00:00 GMT',X'30313233343536373839616263646566',0,'[["https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta",false,1,0],["https://www.rfi.fr/cn/20230802-lundu",false,1,0]]');
CREATE TABLE revisions (
	id INTEGER NOT NULL, 
	article_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	fingerprint BLOB NOT NULL, 
	published_at BIGINT NOT NULL, 
	modified_at BIGINT, 
	observed_at BIGINT, 
	fetched_at BIGINT, 
	first_seen_at BIGINT NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	stated_at BIGINT NOT NULL, 
	stated_seen_at BIGINT NOT NULL, 
	stored_at BIGINT NOT NULL, 
	is_silent BOOLEAN NOT NULL, 
	title TEXT NOT NULL, 
	programme TEXT, 
	agency TEXT, 
	lead TEXT, 
	authors JSON NOT NULL, 
	tags JSON NOT NULL, 
	images JSON NOT NULL, 
	media JSON NOT NULL, 
	alternates JSON NOT NULL, reader_version TEXT, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_revisions_article_id_number UNIQUE (article_id, number), 
	FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO revisions VALUES(1,1,1,X'7b6719ae3d513a2fddf95c37fbc64c10',1690891200000000,NULL,1690894800000000,NULL,1690894800000000,1690894800000000,1690891200000000,1690894800000000,1690894800000000,0,'灯塔重新点亮',NULL,NULL,'海边的灯塔在停用三年后重新点亮。','["林海"]','["灯塔","海"]','[{"url":"https://s.rfi.fr/media/display/1/dengta.jpg","caption":"灯塔","credit":null}]','[{"url":"https://aod.example/a.mp3","type":"audio"}]','[["fr","https://www.rfi.fr/fr/20230801-phare"]]',NULL);
INSERT INTO revisions VALUES(2,1,2,X'87243e08f26450fb31cb55d94d5b2f5e',1690891200000000,1690905600000000,NULL,1690909200000000,1690909200000000,1690912800000000,1690905600000000,1690912800000000,1690981200000000,0,'灯塔重新点亮',NULL,NULL,'海边的灯塔在停用三年后重新点亮。','["林海"]','["灯塔","海"]','[{"url":"https://s.rfi.fr/media/display/1/dengta.jpg","caption":"灯塔","credit":null}]','[{"url":"https://aod.example/a.mp3","type":"audio"}]','[["fr","https://www.rfi.fr/fr/20230801-phare"]]',NULL);
INSERT INTO revisions VALUES(3,2,1,X'a9104c83cbbfed7dbccff6f632a3ba7c',1690977600000000,NULL,NULL,1690981200000000,1690981200000000,1690981200000000,1690977600000000,1690981200000000,1690981200000000,0,'渡轮恢复通航',NULL,'AFP',NULL,'[]','[]','[]','[]','[]',NULL);
INSERT INTO revisions VALUES(4,3,1,X'42f0ca2153a934cd5d794b14d0a04b1a',1690891200000000,NULL,NULL,1690898400000000,1690898400000000,1690898400000000,1690891200000000,1690898400000000,1690981200000000,0,'Le phare de l’île se rallume','Carnet de mer',NULL,'Après trois ans d’arrêt.','[]','[]','[]','[]','[]',NULL);
CREATE TABLE seed_copies (
	id INTEGER NOT NULL, 
	article_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	sha256 BLOB NOT NULL, 
	observed_at BIGINT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_seed_copies_sha256_name UNIQUE (sha256, name), 
	FOREIGN KEY(article_id) REFERENCES articles (id)
);
INSERT INTO seed_copies VALUES(1,1,'1690894800000_a.txt',X'd276bde365cac17005b20df5e6b2932c487ad8a2ba87cf3deddf3263ead57637',1690894800000000,X'28b52ffd20a52905003c212d2d313639303839343830303030302d2d3e0a5be781afe5a194e9878de696b0e782b9e4baae5d2868747470733a2f2f7777772e7266692e66722f636e2f2545342542382541442545352539422542442f32303233303830312d64656e677461290a2d2d2d2d2d2d0a0a3c6469763ee6b894e6b091e8afb4efbc8ce4bb96e4bbace58f88e883bde79c8be8a781e59b9ee5aeb6e79a84e8b7afe380823c2f6469763e0a');
CREATE TABLE search_state (
	id INTEGER NOT NULL, 
	format INTEGER NOT NULL, 
	unindexed_below INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE VIRTUAL TABLE search_index USING fts5(tokens, content='', columnsize=0, tokenize='ascii');
INSERT INTO search_index(search_index, rank) VALUES('automerge',0);
INSERT INTO search_index(search_index, rank) VALUES('usermerge',8);
INSERT INTO search_index(search_index, rank) VALUES('crisismerge',1999);
CREATE TABLE channels (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	url_key BLOB NOT NULL, 
	url TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	found_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_channels_url_key UNIQUE (url_key)
);
CREATE TABLE listed_articles (
	url_key BLOB NOT NULL, 
	url TEXT NOT NULL, 
	source TEXT NOT NULL, 
	first_seen_at BIGINT NOT NULL, 
	stated_at BIGINT, 
	stated_by TEXT, 
	section TEXT, 
	PRIMARY KEY (url_key)
);
CREATE TABLE sightings (
	channel_id INTEGER NOT NULL, 
	url_key BLOB NOT NULL, 
	first_seen_at BIGINT NOT NULL, 
	stated_at BIGINT, 
	stated_by TEXT, 
	section TEXT, 
	PRIMARY KEY (channel_id, url_key), 
	FOREIGN KEY(channel_id) REFERENCES channels (id)
)
 WITHOUT ROWID

;
CREATE TABLE polls (
	id INTEGER NOT NULL, 
	channel_id INTEGER NOT NULL, 
	polled_at BIGINT NOT NULL, 
	page INTEGER NOT NULL, 
	answer TEXT NOT NULL, 
	shown INTEGER NOT NULL, 
	fresh INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(channel_id) REFERENCES channels (id)
);
CREATE TABLE schedules (
	name TEXT NOT NULL, 
	source TEXT NOT NULL, 
	"plan" JSON NOT NULL, 
	"trigger" JSON NOT NULL, 
	overlap TEXT NOT NULL, 
	catch_up TEXT NOT NULL, 
	time_limit_seconds FLOAT, 
	silence_limit_seconds FLOAT, 
	memory_limit_bytes BIGINT, 
	added_at BIGINT NOT NULL, 
	judged_until BIGINT NOT NULL, 
	paused_at BIGINT, 
	resumed_at BIGINT, 
	PRIMARY KEY (name)
);
CREATE TABLE leadership (
	id INTEGER NOT NULL, 
	holder TEXT, 
	term INTEGER NOT NULL, 
	beats INTEGER NOT NULL, 
	heartbeat_at BIGINT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE IF NOT EXISTS "crawl_runs" (
	id INTEGER NOT NULL, 
	"plan" JSON NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT, 
	started_at BIGINT, 
	finished_at BIGINT, 
	heartbeat_at BIGINT, 
	host TEXT, 
	pid INTEGER, 
	counts JSON NOT NULL, 
	source TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	walk INTEGER, 
	schedule TEXT, 
	planned_at BIGINT, 
	stack TEXT, degraded JSON, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_crawl_runs_schedule_planned_at UNIQUE (schedule, planned_at)
);
INSERT INTO crawl_runs VALUES(1,'{"source":"rfi-cn","kind":"import","seeds":[],"limit":null,"pages":1,"via":null,"archive":"seeds","delay_seconds":1.0}','finished',NULL,1690894800000000,1690894800000000,1690894800000000,'lighthouse',4711,'{"new":1}','rfi-cn','',NULL,NULL,NULL,NULL,NULL);
INSERT INTO crawl_runs VALUES(2,'{"source":"rfi-cn","kind":"oneoff","seeds":[],"limit":null,"pages":1,"via":null,"archive":null,"delay_seconds":1.0}','finished',NULL,1690909200000000,1690981200000000,1690981200000000,'lighthouse',4711,'{"fetched":5,"revised":1,"duplicate":1,"new":1}','rfi-cn','',2,NULL,NULL,NULL,NULL);
CREATE TABLE import_positions (
	input_key BLOB NOT NULL, 
	place JSON NOT NULL, 
	PRIMARY KEY (input_key)
);
CREATE TABLE backfills (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	channels JSON NOT NULL, 
	walk INTEGER, 
	planned_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE slices (
	id INTEGER NOT NULL, 
	backfill_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	name TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	url TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT, 
	requests INTEGER NOT NULL, 
	counts JSON NOT NULL, 
	started_at BIGINT, 
	finished_at BIGINT, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_slices_backfill_id_number UNIQUE (backfill_id, number), 
	FOREIGN KEY(backfill_id) REFERENCES backfills (id)
);
CREATE TABLE baselines (
	source TEXT NOT NULL, 
	template TEXT NOT NULL, 
	state JSON NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (source, template)
);
CREATE TABLE held_pages (
	url_key BLOB NOT NULL, 
	url TEXT NOT NULL, 
	source TEXT NOT NULL, 
	template TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	reader_version TEXT NOT NULL, 
	run_id INTEGER, 
	held_at BIGINT NOT NULL, 
	PRIMARY KEY (url_key)
);
CREATE TABLE earlier_readings (
	revision_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	reader_version TEXT, 
	replaced_at BIGINT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (revision_id, number), 
	FOREIGN KEY(revision_id) REFERENCES revisions (id)
);
CREATE TABLE captures (
	revision_id INTEGER NOT NULL, 
	recording TEXT NOT NULL, 
	file TEXT NOT NULL, 
	"offset" BIGINT NOT NULL, 
	length BIGINT NOT NULL, 
	payload_digest TEXT NOT NULL, 
	url TEXT NOT NULL, 
	captured_at BIGINT NOT NULL, 
	PRIMARY KEY (revision_id), 
	FOREIGN KEY(revision_id) REFERENCES revisions (id)
);
CREATE INDEX ix_articles_content_id ON articles (content_id);
CREATE INDEX ix_articles_published_at_id ON articles (published_at, id);
CREATE INDEX ix_articles_source_section_published_at_id ON articles (source, section, published_at, id);
CREATE INDEX ix_revisions_fingerprint ON revisions (fingerprint);
CREATE INDEX ix_aliases_article_id ON aliases (article_id);
CREATE INDEX ix_seed_copies_article_id ON seed_copies (article_id);
CREATE INDEX ix_frontier_run_id ON frontier (run_id);
CREATE INDEX ix_frontier_source_state_due_at ON frontier (source, state, due_at);
CREATE INDEX ix_frontier_source_state_priority_id ON frontier (source, state, priority, id);
CREATE INDEX ix_articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL;
CREATE INDEX ix_revisions_first_seen_at ON revisions (first_seen_at) WHERE number > 1;
CREATE INDEX ix_channels_source ON channels (source);
CREATE INDEX ix_listed_articles_source_stated_at ON listed_articles (source, stated_at);
CREATE INDEX ix_sightings_url_key ON sightings (url_key);
CREATE INDEX ix_polls_channel_id_polled_at ON polls (channel_id, polled_at);
CREATE INDEX ix_crawl_runs_source ON crawl_runs (source);
CREATE INDEX ix_crawl_runs_state ON crawl_runs (state);
CREATE INDEX ix_backfills_source ON backfills (source);
CREATE INDEX ix_frontier_slice_state ON frontier (slice, state) WHERE slice IS NOT NULL;
CREATE INDEX ix_held_pages_source_template ON held_pages (source, template);
CREATE INDEX ix_sightings_channel_id_first_seen_at ON sightings (channel_id, first_seen_at);
COMMIT;
