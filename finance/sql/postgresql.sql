-- What PostgreSQL itself holds to be true of the ledger. Run again by any migration that changes
-- these tables: every statement replaces what it finds.
--
-- The order of a change is: its LedgerChange first, then the splits, then the transaction. So each
-- rule can be checked at once for a whole statement, however many rows it writes.
--
-- A function's plans are kept for the session. Made while the tables were empty, or for a large
-- batch, they would scan whole tables for every single row later: hence the planner settings.

-- 1. Rows leave the ledger only with their tenant, after it. ----------------------------------

CREATE OR REPLACE FUNCTION finance_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM gone JOIN tenancy_tenant t ON t.id = gone.tenant_id) THEN
        RAISE EXCEPTION '% rows are never deleted: void the transaction instead', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS finance_keep ON finance_transaction;
CREATE TRIGGER finance_keep AFTER DELETE ON finance_transaction
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse_delete();
DROP TRIGGER IF EXISTS finance_keep ON finance_ledgerchange;
CREATE TRIGGER finance_keep AFTER DELETE ON finance_ledgerchange
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse_delete();

CREATE OR REPLACE FUNCTION finance_refuse_rewriting_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER IF EXISTS finance_append_only ON finance_ledgerchange;
CREATE TRIGGER finance_append_only BEFORE UPDATE ON finance_ledgerchange
    FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse_rewriting_history();

-- The triggers below look rows up one by one, by subqueries that PostgreSQL does not turn into joins
-- (OFFSET 0): a session keeps the plan of its first call, made perhaps when the tables were empty, and
-- a join's plan of then reads the whole table for each batch until the next ANALYZE.

-- 2. No change of a transaction without its entry on the audit trail; splits sum. --------------

CREATE OR REPLACE FUNCTION finance_check_transactions() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_nestloop = on SET jit = off AS $$
DECLARE wrong uuid;
BEGIN
    SELECT n.id INTO wrong FROM new_rows n
        WHERE (SELECT count(*) FROM finance_ledgerchange c WHERE c.tenant_id = n.tenant_id
            AND c.subject_id = n.id AND c.version = n.version) = 0
        LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transaction % changes without an entry on the audit trail', wrong
            USING ERRCODE = 'restrict_violation', HINT = 'Write through finance.ledger.';
    END IF;
    SELECT n.id INTO wrong FROM new_rows n
        WHERE n.amount_minor <> (
            SELECT coalesce(sum(s.amount_minor), 0) FROM finance_split s
            WHERE s.tenant_id = n.tenant_id AND s.transaction_id = n.id)
        LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the splits of transaction % do not sum to its amount', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION finance_check_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id OR NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'transaction % changes without a new version', OLD.id
            USING ERRCODE = 'restrict_violation', HINT = 'Write through finance.ledger.';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS finance_version ON finance_transaction;
CREATE TRIGGER finance_version BEFORE UPDATE ON finance_transaction
    FOR EACH ROW EXECUTE FUNCTION finance_check_versions();
DROP TRIGGER IF EXISTS finance_check_insert ON finance_transaction;
CREATE TRIGGER finance_check_insert AFTER INSERT ON finance_transaction
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION finance_check_transactions();
DROP TRIGGER IF EXISTS finance_check_update ON finance_transaction;
CREATE TRIGGER finance_check_update AFTER UPDATE ON finance_transaction
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION finance_check_transactions();

-- Splits may be written before their transaction exists, or when its next version is announced.
CREATE OR REPLACE FUNCTION finance_check_splits() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_nestloop = on SET jit = off AS $$
DECLARE wrong uuid;
BEGIN
    SELECT s.transaction_id INTO wrong FROM touched s
        WHERE (SELECT (SELECT count(*) FROM finance_ledgerchange c WHERE c.tenant_id = t.tenant_id
                AND c.subject_id = t.id AND c.version = t.version + 1)
            FROM finance_transaction t
            WHERE t.tenant_id = s.tenant_id AND t.id = s.transaction_id) = 0
        LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'splits of transaction % change without an entry on the audit trail', wrong
            USING ERRCODE = 'restrict_violation', HINT = 'Write through finance.ledger.';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION finance_split_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'split % cannot move to another transaction', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER IF EXISTS finance_check_insert ON finance_split;
CREATE TRIGGER finance_check_insert AFTER INSERT ON finance_split
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION finance_check_splits();
DROP TRIGGER IF EXISTS finance_check_update ON finance_split;
CREATE TRIGGER finance_check_update AFTER UPDATE ON finance_split
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION finance_check_splits();
DROP TRIGGER IF EXISTS finance_check_delete ON finance_split;
CREATE TRIGGER finance_check_delete AFTER DELETE ON finance_split
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION finance_check_splits();
DROP TRIGGER IF EXISTS finance_stay ON finance_split;
CREATE TRIGGER finance_stay BEFORE UPDATE ON finance_split
    FOR EACH ROW WHEN (NEW.transaction_id <> OLD.transaction_id OR NEW.tenant_id <> OLD.tenant_id)
    EXECUTE FUNCTION finance_split_stays();

-- What was announced has happened by the time of the commit; that its splits sum was seen when it
-- happened. The commit may come when another scope is active, or none: so the check looks as the
-- row's own tenant.
CREATE OR REPLACE FUNCTION finance_check_announced() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    scope text := coalesce(current_setting('app.tenant_id', true), '');
    owner text := NEW.tenant_id;
    happened boolean;
BEGIN
    IF scope <> owner THEN
        PERFORM set_config('app.tenant_id', owner, true);
    END IF;
    happened := EXISTS (SELECT 1 FROM finance_transaction t
        WHERE t.tenant_id = NEW.tenant_id AND t.id = NEW.subject_id AND t.version >= NEW.version);
    IF scope <> owner THEN
        PERFORM set_config('app.tenant_id', scope, true);
    END IF;
    IF NOT happened THEN
        RAISE EXCEPTION 'transaction % was not changed as announced', NEW.subject_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS finance_announced ON finance_ledgerchange;
CREATE CONSTRAINT TRIGGER finance_announced AFTER INSERT ON finance_ledgerchange
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.subject = 'transaction')
    EXECUTE FUNCTION finance_check_announced();

-- 3. Monthly totals of what is posted, one upsert per statement. --------------------------------

CREATE TABLE IF NOT EXISTS finance_monthly_total (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    category_id uuid,
    month date NOT NULL,
    currency char(3) NOT NULL,
    total_minor bigint NOT NULL,
    inflow_minor bigint NOT NULL,
    count bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (tenant_id, month, account_id, category_id, currency)
) WITH (fillfactor = 70);

CREATE OR REPLACE FUNCTION finance_add_totals(deltas finance_monthly_total[]) RETURNS void
LANGUAGE sql AS $$
    -- Sorted, so that two writers lock the same totals in the same order.
    INSERT INTO finance_monthly_total AS t
        (tenant_id, account_id, category_id, month, currency, total_minor, inflow_minor, count)
    SELECT d.tenant_id, d.account_id, d.category_id, d.month, d.currency,
        sum(d.total_minor), sum(d.inflow_minor), sum(d.count)
    FROM unnest(deltas) d
    GROUP BY d.tenant_id, d.account_id, d.category_id, d.month, d.currency
    HAVING sum(d.total_minor) <> 0 OR sum(d.inflow_minor) <> 0 OR sum(d.count) <> 0
    ORDER BY d.tenant_id, d.month, d.account_id, d.category_id, d.currency
    ON CONFLICT (tenant_id, month, account_id, category_id, currency) DO UPDATE SET
        total_minor = t.total_minor + excluded.total_minor,
        inflow_minor = t.inflow_minor + excluded.inflow_minor,
        count = t.count + excluded.count
$$;

-- One split's share of its total: `sign` is 1 to add it, -1 to take it away.
CREATE OR REPLACE FUNCTION finance_share(
    t finance_transaction, category uuid, amount bigint, sign int
) RETURNS finance_monthly_total LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(NULL, t.tenant_id, t.account_id, category, date_trunc('month', t.booked_on),
        t.currency, sign * amount, sign * greatest(amount, 0), sign)::finance_monthly_total
$$;

CREATE OR REPLACE FUNCTION finance_total_transactions() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_nestloop = on SET jit = off AS $$
DECLARE
    added finance_monthly_total[];
    taken finance_monthly_total[];
BEGIN
    added := ARRAY(
        SELECT finance_share(t, s.category_id, s.amount_minor, 1) FROM new_rows t
        CROSS JOIN LATERAL (SELECT * FROM finance_split s
            WHERE s.tenant_id = t.tenant_id AND s.transaction_id = t.id OFFSET 0) s
        WHERE t.state = 'posted');
    IF TG_OP = 'UPDATE' THEN
        taken := ARRAY(
            SELECT finance_share(t, s.category_id, s.amount_minor, -1) FROM old_rows t
            CROSS JOIN LATERAL (SELECT * FROM finance_split s
                WHERE s.tenant_id = t.tenant_id AND s.transaction_id = t.id OFFSET 0) s
            WHERE t.state = 'posted');
    END IF;
    PERFORM finance_add_totals(added || taken);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION finance_total_splits() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_nestloop = on SET jit = off AS $$
DECLARE
    added finance_monthly_total[];
    taken finance_monthly_total[];
BEGIN
    IF TG_OP <> 'DELETE' THEN
        added := ARRAY(
            SELECT finance_share(found.t, s.category_id, s.amount_minor, 1) FROM new_rows s
            CROSS JOIN LATERAL (SELECT t FROM finance_transaction t WHERE t.tenant_id = s.tenant_id
                AND t.id = s.transaction_id AND t.state = 'posted' OFFSET 0) found);
    END IF;
    IF TG_OP <> 'INSERT' THEN
        taken := ARRAY(
            SELECT finance_share(found.t, s.category_id, s.amount_minor, -1) FROM old_rows s
            CROSS JOIN LATERAL (SELECT t FROM finance_transaction t WHERE t.tenant_id = s.tenant_id
                AND t.id = s.transaction_id AND t.state = 'posted' OFFSET 0) found);
    END IF;
    PERFORM finance_add_totals(added || taken);
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS finance_total_insert ON finance_transaction;
CREATE TRIGGER finance_total_insert AFTER INSERT ON finance_transaction
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION finance_total_transactions();
DROP TRIGGER IF EXISTS finance_total_update ON finance_transaction;
CREATE TRIGGER finance_total_update AFTER UPDATE ON finance_transaction
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION finance_total_transactions();
DROP TRIGGER IF EXISTS finance_total_insert ON finance_split;
CREATE TRIGGER finance_total_insert AFTER INSERT ON finance_split
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION finance_total_splits();
DROP TRIGGER IF EXISTS finance_total_update ON finance_split;
CREATE TRIGGER finance_total_update AFTER UPDATE ON finance_split
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION finance_total_splits();
DROP TRIGGER IF EXISTS finance_total_delete ON finance_split;
CREATE TRIGGER finance_total_delete AFTER DELETE ON finance_split
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION finance_total_splits();

CREATE OR REPLACE FUNCTION finance_totals_are_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'monthly totals follow from the transactions: change those'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS finance_derived ON finance_monthly_total;
CREATE TRIGGER finance_derived BEFORE INSERT OR UPDATE ON finance_monthly_total
    FOR EACH STATEMENT EXECUTE FUNCTION finance_totals_are_derived();
DROP TRIGGER IF EXISTS finance_keep ON finance_monthly_total;
CREATE TRIGGER finance_keep AFTER DELETE ON finance_monthly_total
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse_delete();

-- 4. Search: what is written of a transaction in one column, found by its trigrams. ----------------

-- The index needs extensions that PostgreSQL lets a database's owner add. Where they cannot be added,
-- search works all the same, by reading the tenant's rows.
ALTER TABLE finance_transaction ADD COLUMN IF NOT EXISTS search_text text GENERATED ALWAYS AS (
    lower(merchant || chr(10) || merchant_raw || chr(10) || description || chr(10) || notes)
) STORED;

DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE EXTENSION IF NOT EXISTS btree_gin;
    CREATE INDEX IF NOT EXISTS finance_transaction_search
        ON finance_transaction USING gin (tenant_id, search_text gin_trgm_ops);
    -- What was written lately waits in a list that every search reads from end to end.
    ALTER INDEX finance_transaction_search SET (gin_pending_list_limit = 256);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE WARNING 'Search has no index: % See docs/operating.md.', SQLERRM;
END $$;

-- Behind row security a condition may use an index only if it cannot tell what other tenants' rows
-- hold. LIKE on text cannot: its one error is about the pattern. PostgreSQL does not know that until a
-- superuser says so; without it a search reads the tenant's rows.
DO $$ BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF;
    END IF;
END $$;

-- 5. The splits and tags of a page, by a plan that a session makes once: to plan this anew for each
-- page takes longer than to answer it. ---------------------------------------------------------------

CREATE OR REPLACE FUNCTION finance_links(tenant uuid, chosen uuid[]) RETURNS TABLE (
    transaction_id uuid, id uuid, amount_minor bigint, text text, category_id uuid,
    category_key text, category_name text, category_kind text, is_tag int, place int)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.transaction_id, s.id, s.amount_minor, s.note::text, s.category_id, c.key::text,
        c.name::text, c.kind::text, 0, s.position::int
    FROM finance_split s
    LEFT JOIN finance_category c ON c.tenant_id = s.tenant_id AND c.id = s.category_id
    WHERE s.tenant_id = tenant AND s.transaction_id = ANY (chosen)
    UNION ALL
    SELECT t.transaction_id, g.id, NULL, g.name::text, NULL, NULL, NULL, NULL, 1, 0
    FROM finance_tagging t
    JOIN finance_tag g ON g.tenant_id = t.tenant_id AND g.id = t.tag_id
    WHERE t.tenant_id = tenant AND t.transaction_id = ANY (chosen)
    ORDER BY 9, 1, 10, 4;
END $$;
