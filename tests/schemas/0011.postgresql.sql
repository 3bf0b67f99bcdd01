CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.aliases (
    url_key bytea NOT NULL,
    url text NOT NULL,
    article_id integer NOT NULL,
    why text NOT NULL
);
CREATE TABLE public.articles (
    id integer NOT NULL,
    source text NOT NULL,
    url_key bytea NOT NULL,
    canonical_url text NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    section text,
    language text,
    content_id text,
    published_at timestamp with time zone NOT NULL,
    modified_at timestamp with time zone,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    gone_at timestamp with time zone,
    current_revision integer NOT NULL,
    fingerprint bytea NOT NULL,
    claims_digest bytea NOT NULL
);
CREATE TABLE public.backfills (
    id integer NOT NULL,
    source text NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    channels json NOT NULL,
    walk integer,
    planned_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.backfills_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.backfills_id_seq OWNED BY public.backfills.id;
CREATE TABLE public.baselines (
    source text NOT NULL,
    template text NOT NULL,
    state json NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.bodies (
    revision_id integer NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY public.bodies ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE public.captures (
    revision_id integer NOT NULL,
    recording text NOT NULL,
    file text NOT NULL,
    "offset" bigint NOT NULL,
    length bigint NOT NULL,
    payload_digest text NOT NULL,
    url text NOT NULL,
    captured_at timestamp with time zone NOT NULL
);
CREATE TABLE public.channels (
    id integer NOT NULL,
    source text NOT NULL,
    url_key bytea NOT NULL,
    url text NOT NULL,
    kind text NOT NULL,
    found_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.channels_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.channels_id_seq OWNED BY public.channels.id;
CREATE TABLE public.claims (
    article_id integer NOT NULL,
    field text NOT NULL,
    origin text NOT NULL,
    value text NOT NULL,
    first_seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.crawl_runs (
    id integer NOT NULL,
    plan json NOT NULL,
    state text NOT NULL,
    reason text,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    heartbeat_at timestamp with time zone,
    host text,
    pid integer,
    counts json NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    walk integer,
    schedule text,
    planned_at timestamp with time zone,
    stack text,
    degraded json
);
CREATE SEQUENCE public.crawl_runs_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.crawl_runs_id_seq OWNED BY public.crawl_runs.id;
CREATE TABLE public.earlier_readings (
    revision_id integer NOT NULL,
    number integer NOT NULL,
    reader_version text,
    replaced_at timestamp with time zone NOT NULL,
    content bytea NOT NULL
);
CREATE TABLE public.frontier (
    id integer NOT NULL,
    url_key bytea NOT NULL,
    url text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    walk integer NOT NULL,
    is_listing boolean NOT NULL,
    page integer NOT NULL,
    state text NOT NULL,
    priority integer NOT NULL,
    due_at timestamp with time zone,
    published_at timestamp with time zone,
    run_id integer,
    leased_until timestamp with time zone,
    attempts integer NOT NULL,
    reason text,
    found_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    slice integer,
    capture text
);
CREATE SEQUENCE public.frontier_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.frontier_id_seq OWNED BY public.frontier.id;
CREATE TABLE public.held_pages (
    url_key bytea NOT NULL,
    url text NOT NULL,
    source text NOT NULL,
    template text NOT NULL,
    reason text NOT NULL,
    reader_version text NOT NULL,
    run_id integer,
    held_at timestamp with time zone NOT NULL
);
CREATE TABLE public.hosts (
    host text NOT NULL,
    next_allowed_at timestamp with time zone NOT NULL,
    troubles integer NOT NULL,
    refusals integer NOT NULL,
    why_paused text,
    is_liar boolean NOT NULL,
    robots_status integer,
    robots_body bytea,
    robots_fetched_at timestamp with time zone,
    claimed_until timestamp with time zone
);
CREATE TABLE public.import_positions (
    input_key bytea NOT NULL,
    place json NOT NULL
);
CREATE TABLE public.leadership (
    id integer NOT NULL,
    holder text,
    term integer NOT NULL,
    beats integer NOT NULL,
    heartbeat_at timestamp with time zone NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL
);
CREATE TABLE public.listed_articles (
    url_key bytea NOT NULL,
    url text NOT NULL,
    source text NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    stated_at timestamp with time zone,
    stated_by text,
    section text
);
CREATE TABLE public.pages (
    url_key bytea NOT NULL,
    etag text,
    last_modified text,
    content bytea NOT NULL,
    unaudited_polls integer NOT NULL,
    links json
);
CREATE TABLE public.polls (
    id integer NOT NULL,
    channel_id integer NOT NULL,
    polled_at timestamp with time zone NOT NULL,
    page integer NOT NULL,
    answer text NOT NULL,
    shown integer NOT NULL,
    fresh integer NOT NULL
);
CREATE SEQUENCE public.polls_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.polls_id_seq OWNED BY public.polls.id;
CREATE TABLE public.revisions (
    id integer NOT NULL,
    article_id integer NOT NULL,
    number integer NOT NULL,
    fingerprint bytea NOT NULL,
    published_at timestamp with time zone NOT NULL,
    modified_at timestamp with time zone,
    observed_at timestamp with time zone,
    fetched_at timestamp with time zone,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    stated_at timestamp with time zone NOT NULL,
    stated_seen_at timestamp with time zone NOT NULL,
    stored_at timestamp with time zone NOT NULL,
    is_silent boolean NOT NULL,
    title text NOT NULL,
    programme text,
    agency text,
    lead text,
    authors json NOT NULL,
    tags json NOT NULL,
    images json NOT NULL,
    media json NOT NULL,
    alternates json NOT NULL,
    reader_version text
);
CREATE TABLE public.schedules (
    name text NOT NULL,
    source text NOT NULL,
    plan json NOT NULL,
    trigger json NOT NULL,
    overlap text NOT NULL,
    catch_up text NOT NULL,
    time_limit_seconds double precision,
    silence_limit_seconds double precision,
    memory_limit_bytes bigint,
    added_at timestamp with time zone NOT NULL,
    judged_until timestamp with time zone NOT NULL,
    paused_at timestamp with time zone,
    resumed_at timestamp with time zone
);
CREATE TABLE public.search_index (
    article_id integer NOT NULL,
    tokens tsvector NOT NULL
);
CREATE TABLE public.search_state (
    id integer NOT NULL,
    format integer NOT NULL,
    unindexed_below integer NOT NULL
);
CREATE TABLE public.seed_copies (
    id integer NOT NULL,
    article_id integer NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY public.seed_copies ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE SEQUENCE public.seed_copies_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.seed_copies_id_seq OWNED BY public.seed_copies.id;
CREATE TABLE public.sightings (
    channel_id integer NOT NULL,
    url_key bytea NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    stated_at timestamp with time zone,
    stated_by text,
    section text
);
CREATE TABLE public.slices (
    id integer NOT NULL,
    backfill_id integer NOT NULL,
    number integer NOT NULL,
    channel text NOT NULL,
    name text NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    url text NOT NULL,
    priority integer NOT NULL,
    state text NOT NULL,
    reason text,
    requests integer NOT NULL,
    counts json NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone
);
CREATE SEQUENCE public.slices_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.slices_id_seq OWNED BY public.slices.id;
ALTER TABLE ONLY public.backfills ALTER COLUMN id SET DEFAULT nextval('public.backfills_id_seq'::regclass);
ALTER TABLE ONLY public.channels ALTER COLUMN id SET DEFAULT nextval('public.channels_id_seq'::regclass);
ALTER TABLE ONLY public.crawl_runs ALTER COLUMN id SET DEFAULT nextval('public.crawl_runs_id_seq'::regclass);
ALTER TABLE ONLY public.frontier ALTER COLUMN id SET DEFAULT nextval('public.frontier_id_seq'::regclass);
ALTER TABLE ONLY public.polls ALTER COLUMN id SET DEFAULT nextval('public.polls_id_seq'::regclass);
ALTER TABLE ONLY public.seed_copies ALTER COLUMN id SET DEFAULT nextval('public.seed_copies_id_seq'::regclass);
ALTER TABLE ONLY public.slices ALTER COLUMN id SET DEFAULT nextval('public.slices_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0011');
INSERT INTO public.aliases VALUES ('\xb6f24e01a69552e54719fd1ec5967369', 'https://www.rfi.fr/cn/%E5%9B%BD%E9%99%85/20230801-dengta', 1, 'same story');
INSERT INTO public.articles VALUES (2, 'rfi-cn', '\x2772a640dd44137e65d406861e1c1088', 'https://www.rfi.fr/cn/20230802-lundu', '20230802-lundu', '渡轮恢复通航', NULL, 'zh-Hans', NULL, '2023-08-02 12:00:00+00', NULL, '2023-08-02 13:00:00+00', '2023-08-02 13:00:00+00', NULL, 1, '\xa9104c83cbbfed7dbccff6f632a3ba7c', '\x');
INSERT INTO public.articles VALUES (1, 'rfi-cn', '\x4c6740910e696e980f22cff892fa2aa7', 'https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta', '20230801-dengta', '灯塔重新点亮', '中国', 'zh-Hans', 'WBMZ1-RFI-CN-20230801', '2023-08-01 12:00:00+00', '2023-08-01 16:00:00+00', '2023-08-01 13:00:00+00', '2023-08-01 18:00:00+00', NULL, 2, '\x87243e08f26450fb31cb55d94d5b2f5e', '\x1283ef1d967248ac');
INSERT INTO public.articles VALUES (3, 'rfi-fr', '\x5af4d8d4518fd3a8cebbc91542a42a2f', 'https://www.rfi.fr/fr/20230801-phare', '20230801-phare', 'Le phare de l’île se rallume', NULL, 'fr', NULL, '2023-08-01 12:00:00+00', NULL, '2023-08-01 14:00:00+00', '2023-08-01 14:00:00+00', NULL, 1, '\x42f0ca2153a934cd5d794b14d0a04b1a', '\x');
INSERT INTO public.bodies VALUES (1, '\x28b52ffd20bcb50300b4065b5b22e6b894e6b091e8afb4efbc8ce4bb96e4bbace58f88e883bde79c8be8a781e59b9ee5aeb6e79a84e8b7afe38082222c22e4bfaee5a48de5b7a5e7a88be794b1e5bd93e59cb0e5b185e6b091e587bae8b584e38082225d2c223c703e3c2f703e3c703e3c2f703e225d0200c520cdd3338319');
INSERT INTO public.bodies VALUES (2, '\x28b52ffd20d485040034085b5b22e6b894e6b091e8afb4efbc8ce4bb96e4bbace58f88e883bde79c8be8a781e59b9ee5aeb6e79a84e8b7afe38082222c22e4bfaee5a48de5b7a5e7a88be794b1e5bd93e59cb0e5b185e6b091e5928ce4b880e4bd8de781afe5a194e5ae88e68aa4e4babae587bae8b584e38082225d2c223c703e3c2f703e3c703e3c2f703e225d031006220174c66c6dd30c');
INSERT INTO public.bodies VALUES (3, '\x28b52ffd205efd010074035b5b22e6b8afe58aa1e585ace58fb8e5aea3e5b883e6b8a1e8bdaee681a2e5a48de9809ae888aae38082225d2c223c703e3c2f703e225d010021960a0a');
INSERT INTO public.bodies VALUES (4, '\x28b52ffd2054d5010024035b5b224c65732070c3aa6368657572732073e28099656e2072c3a96a6f75697373656e742e225d2c223c703e3c2f703e225d0100648e2a03');
INSERT INTO public.claims VALUES (1, 'title', 'meta', '灯塔重新点亮 - RFI', '2023-08-01 13:00:00+00');
INSERT INTO public.claims VALUES (1, 'published_at', 'printed', '2023-08-01T14:00:00+02:00', '2023-08-01 13:00:00+00');
INSERT INTO public.crawl_runs VALUES (1, '{"source":"rfi-cn","kind":"import","seeds":[],"limit":null,"pages":1,"via":null,"archive":"seeds","delay_seconds":1.0}', 'finished', NULL, '2023-08-01 13:00:00+00', '2023-08-01 13:00:00+00', '2023-08-01 13:00:00+00', 'lighthouse', 4711, '{"new":1}', 'rfi-cn', '', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.crawl_runs VALUES (2, '{"source":"rfi-cn","kind":"oneoff","seeds":[],"limit":null,"pages":1,"via":null,"archive":null,"delay_seconds":1.0}', 'finished', NULL, '2023-08-01 17:00:00+00', '2023-08-02 13:00:00+00', '2023-08-02 13:00:00+00', 'lighthouse', 4711, '{"fetched":5,"revised":1,"duplicate":1,"new":1}', 'rfi-cn', '', 2, NULL, NULL, NULL, NULL);
INSERT INTO public.frontier VALUES (2, '\x4c6740910e696e980f22cff892fa2aa7', 'https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta', 'rfi-cn', '', 2, false, 1, 'done', 0, '2023-08-02 18:00:00+00', '2023-08-01 12:00:00+00', NULL, NULL, 0, NULL, '2023-08-01 17:00:00+00', '2023-08-01 17:00:00+00', NULL, NULL);
INSERT INTO public.frontier VALUES (3, '\xb6f24e01a69552e54719fd1ec5967369', 'https://www.rfi.fr/cn/%E5%9B%BD%E9%99%85/20230801-dengta', 'rfi-cn', '', 2, false, 1, 'done', 0, '2023-08-02 18:00:00+00', '2023-08-01 12:00:00+00', NULL, NULL, 0, NULL, '2023-08-01 17:00:00+00', '2023-08-01 18:00:00+00', NULL, NULL);
INSERT INTO public.frontier VALUES (4, '\x2772a640dd44137e65d406861e1c1088', 'https://www.rfi.fr/cn/20230802-lundu', 'rfi-cn', '', 2, false, 1, 'done', 0, '2023-08-02 18:00:00+00', '2023-08-02 12:00:00+00', NULL, NULL, 0, NULL, '2023-08-01 17:00:00+00', '2023-08-02 13:00:00+00', NULL, NULL);
INSERT INTO public.frontier VALUES (5, '\xe48f7fadcfc07017b2fbd69d6ac917e4', 'https://www.rfi.fr/cn/20230803-wei', 'rfi-cn', '', 2, false, 1, 'failed', 0, NULL, NULL, NULL, NULL, 0, 'failed: HTTP 500', '2023-08-01 17:00:00+00', '2023-08-02 13:00:00+00', NULL, NULL);
INSERT INTO public.frontier VALUES (1, '\xd6815d0d8e6d3d43360bed6229f09f95', 'https://www.rfi.fr/cn/', 'rfi-cn', '', 2, true, 1, 'done', 10, NULL, NULL, NULL, NULL, 0, NULL, '2023-08-01 17:00:00+00', '2023-08-02 13:00:00+00', NULL, NULL);
INSERT INTO public.hosts VALUES ('www.rfi.fr', '2023-08-01 17:00:01+00', 0, 0, NULL, false, 200, '\x557365722d6167656e743a202a0a416c6c6f773a202f0a', '2023-08-01 17:00:00+00', NULL);
INSERT INTO public.pages VALUES ('\xd6815d0d8e6d3d43360bed6229f09f95', '"1"', 'Tue, 01 Aug 2023 17:00:00 GMT', '\x30313233343536373839616263646566', 0, '[["https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta",false,1,0],["https://www.rfi.fr/cn/20230802-lundu",false,1,0]]');
INSERT INTO public.revisions VALUES (1, 1, 1, '\x7b6719ae3d513a2fddf95c37fbc64c10', '2023-08-01 12:00:00+00', NULL, '2023-08-01 13:00:00+00', NULL, '2023-08-01 13:00:00+00', '2023-08-01 13:00:00+00', '2023-08-01 12:00:00+00', '2023-08-01 13:00:00+00', '2023-08-01 13:00:00+00', false, '灯塔重新点亮', NULL, NULL, '海边的灯塔在停用三年后重新点亮。', '["林海"]', '["灯塔","海"]', '[{"url":"https://s.rfi.fr/media/display/1/dengta.jpg","caption":"灯塔","credit":null}]', '[{"url":"https://aod.example/a.mp3","type":"audio"}]', '[["fr","https://www.rfi.fr/fr/20230801-phare"]]', NULL);
INSERT INTO public.revisions VALUES (2, 1, 2, '\x87243e08f26450fb31cb55d94d5b2f5e', '2023-08-01 12:00:00+00', '2023-08-01 16:00:00+00', NULL, '2023-08-01 17:00:00+00', '2023-08-01 17:00:00+00', '2023-08-01 18:00:00+00', '2023-08-01 16:00:00+00', '2023-08-01 18:00:00+00', '2023-08-02 13:00:00+00', false, '灯塔重新点亮', NULL, NULL, '海边的灯塔在停用三年后重新点亮。', '["林海"]', '["灯塔","海"]', '[{"url":"https://s.rfi.fr/media/display/1/dengta.jpg","caption":"灯塔","credit":null}]', '[{"url":"https://aod.example/a.mp3","type":"audio"}]', '[["fr","https://www.rfi.fr/fr/20230801-phare"]]', NULL);
INSERT INTO public.revisions VALUES (3, 2, 1, '\xa9104c83cbbfed7dbccff6f632a3ba7c', '2023-08-02 12:00:00+00', NULL, NULL, '2023-08-02 13:00:00+00', '2023-08-02 13:00:00+00', '2023-08-02 13:00:00+00', '2023-08-02 12:00:00+00', '2023-08-02 13:00:00+00', '2023-08-02 13:00:00+00', false, '渡轮恢复通航', NULL, 'AFP', NULL, '[]', '[]', '[]', '[]', '[]', NULL);
INSERT INTO public.revisions VALUES (4, 3, 1, '\x42f0ca2153a934cd5d794b14d0a04b1a', '2023-08-01 12:00:00+00', NULL, NULL, '2023-08-01 14:00:00+00', '2023-08-01 14:00:00+00', '2023-08-01 14:00:00+00', '2023-08-01 12:00:00+00', '2023-08-01 14:00:00+00', '2023-08-02 13:00:00+00', false, 'Le phare de l’île se rallume', 'Carnet de mer', NULL, 'Après trois ans d’arrêt.', '[]', '[]', '[]', '[]', '[]', NULL);
INSERT INTO public.seed_copies VALUES (1, 1, '1690894800000_a.txt', '\xd276bde365cac17005b20df5e6b2932c487ad8a2ba87cf3deddf3263ead57637', '2023-08-01 13:00:00+00', '\x28b52ffd20a52905003c212d2d313639303839343830303030302d2d3e0a5be781afe5a194e9878de696b0e782b9e4baae5d2868747470733a2f2f7777772e7266692e66722f636e2f2545342542382541442545352539422542442f32303233303830312d64656e677461290a2d2d2d2d2d2d0a0a3c6469763ee6b894e6b091e8afb4efbc8ce4bb96e4bbace58f88e883bde79c8be8a781e59b9ee5aeb6e79a84e8b7afe380823c2f6469763e0a');
SELECT pg_catalog.setval('public.backfills_id_seq', 1, false);
SELECT pg_catalog.setval('public.channels_id_seq', 1, false);
SELECT pg_catalog.setval('public.crawl_runs_id_seq', 2, true);
SELECT pg_catalog.setval('public.frontier_id_seq', 5, true);
SELECT pg_catalog.setval('public.polls_id_seq', 1, false);
SELECT pg_catalog.setval('public.seed_copies_id_seq', 1, true);
SELECT pg_catalog.setval('public.slices_id_seq', 1, false);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.aliases
    ADD CONSTRAINT aliases_pkey PRIMARY KEY (url_key);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT articles_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.backfills
    ADD CONSTRAINT backfills_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.baselines
    ADD CONSTRAINT baselines_pkey PRIMARY KEY (source, template);
ALTER TABLE ONLY public.bodies
    ADD CONSTRAINT bodies_pkey PRIMARY KEY (revision_id);
ALTER TABLE ONLY public.captures
    ADD CONSTRAINT captures_pkey PRIMARY KEY (revision_id);
ALTER TABLE ONLY public.channels
    ADD CONSTRAINT channels_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (article_id, field, origin, value);
ALTER TABLE ONLY public.crawl_runs
    ADD CONSTRAINT crawl_runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.earlier_readings
    ADD CONSTRAINT earlier_readings_pkey PRIMARY KEY (revision_id, number);
ALTER TABLE ONLY public.frontier
    ADD CONSTRAINT frontier_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.held_pages
    ADD CONSTRAINT held_pages_pkey PRIMARY KEY (url_key);
ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT hosts_pkey PRIMARY KEY (host);
ALTER TABLE ONLY public.import_positions
    ADD CONSTRAINT import_positions_pkey PRIMARY KEY (input_key);
ALTER TABLE ONLY public.leadership
    ADD CONSTRAINT leadership_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.listed_articles
    ADD CONSTRAINT listed_articles_pkey PRIMARY KEY (url_key);
ALTER TABLE ONLY public.pages
    ADD CONSTRAINT pages_pkey PRIMARY KEY (url_key);
ALTER TABLE ONLY public.polls
    ADD CONSTRAINT polls_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT revisions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.search_index
    ADD CONSTRAINT search_index_pkey PRIMARY KEY (article_id);
ALTER TABLE ONLY public.search_state
    ADD CONSTRAINT search_state_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.seed_copies
    ADD CONSTRAINT seed_copies_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sightings
    ADD CONSTRAINT sightings_pkey PRIMARY KEY (channel_id, url_key);
ALTER TABLE ONLY public.slices
    ADD CONSTRAINT slices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT uq_articles_url_key UNIQUE (url_key);
ALTER TABLE ONLY public.channels
    ADD CONSTRAINT uq_channels_url_key UNIQUE (url_key);
ALTER TABLE ONLY public.crawl_runs
    ADD CONSTRAINT uq_crawl_runs_schedule_planned_at UNIQUE (schedule, planned_at);
ALTER TABLE ONLY public.frontier
    ADD CONSTRAINT uq_frontier_url_key UNIQUE (url_key);
ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT uq_revisions_article_id_number UNIQUE (article_id, number);
ALTER TABLE ONLY public.seed_copies
    ADD CONSTRAINT uq_seed_copies_sha256_name UNIQUE (sha256, name);
ALTER TABLE ONLY public.slices
    ADD CONSTRAINT uq_slices_backfill_id_number UNIQUE (backfill_id, number);
CREATE INDEX ix_aliases_article_id ON public.aliases USING btree (article_id);
CREATE INDEX ix_articles_content_id ON public.articles USING btree (content_id);
CREATE INDEX ix_articles_gone_at ON public.articles USING btree (gone_at) WHERE (gone_at IS NOT NULL);
CREATE INDEX ix_articles_published_at_id ON public.articles USING btree (published_at, id);
CREATE INDEX ix_articles_source_section_published_at_id ON public.articles USING btree (source, section, published_at, id);
CREATE INDEX ix_backfills_source ON public.backfills USING btree (source);
CREATE INDEX ix_channels_source ON public.channels USING btree (source);
CREATE INDEX ix_crawl_runs_source ON public.crawl_runs USING btree (source);
CREATE INDEX ix_crawl_runs_state ON public.crawl_runs USING btree (state);
CREATE INDEX ix_frontier_run_id ON public.frontier USING btree (run_id);
CREATE INDEX ix_frontier_slice_state ON public.frontier USING btree (slice, state) WHERE (slice IS NOT NULL);
CREATE INDEX ix_frontier_source_state_due_at ON public.frontier USING btree (source, state, due_at);
CREATE INDEX ix_frontier_source_state_priority_id ON public.frontier USING btree (source, state, priority, id);
CREATE INDEX ix_held_pages_source_template ON public.held_pages USING btree (source, template);
CREATE INDEX ix_listed_articles_source_stated_at ON public.listed_articles USING btree (source, stated_at);
CREATE INDEX ix_polls_channel_id_polled_at ON public.polls USING btree (channel_id, polled_at);
CREATE INDEX ix_revisions_fingerprint ON public.revisions USING btree (fingerprint);
CREATE INDEX ix_revisions_first_seen_at ON public.revisions USING btree (first_seen_at) WHERE (number > 1);
CREATE INDEX ix_search_index_tokens ON public.search_index USING gin (tokens);
CREATE INDEX ix_seed_copies_article_id ON public.seed_copies USING btree (article_id);
CREATE INDEX ix_sightings_channel_id_first_seen_at ON public.sightings USING btree (channel_id, first_seen_at);
CREATE INDEX ix_sightings_url_key ON public.sightings USING btree (url_key);
ALTER TABLE ONLY public.aliases
    ADD CONSTRAINT aliases_article_id_fkey FOREIGN KEY (article_id) REFERENCES public.articles(id);
ALTER TABLE ONLY public.bodies
    ADD CONSTRAINT bodies_revision_id_fkey FOREIGN KEY (revision_id) REFERENCES public.revisions(id);
ALTER TABLE ONLY public.captures
    ADD CONSTRAINT captures_revision_id_fkey FOREIGN KEY (revision_id) REFERENCES public.revisions(id);
ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_article_id_fkey FOREIGN KEY (article_id) REFERENCES public.articles(id);
ALTER TABLE ONLY public.earlier_readings
    ADD CONSTRAINT earlier_readings_revision_id_fkey FOREIGN KEY (revision_id) REFERENCES public.revisions(id);
ALTER TABLE ONLY public.polls
    ADD CONSTRAINT polls_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES public.channels(id);
ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT revisions_article_id_fkey FOREIGN KEY (article_id) REFERENCES public.articles(id);
ALTER TABLE ONLY public.seed_copies
    ADD CONSTRAINT seed_copies_article_id_fkey FOREIGN KEY (article_id) REFERENCES public.articles(id);
ALTER TABLE ONLY public.sightings
    ADD CONSTRAINT sightings_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES public.channels(id);
ALTER TABLE ONLY public.slices
    ADD CONSTRAINT slices_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES public.backfills(id);
