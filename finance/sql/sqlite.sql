-- The same rules as postgresql.sql, as far as SQLite goes: it has no check at commit, so an
-- announcement without its change is not refused here. Statements are parted by lines of "--;".

DROP TRIGGER IF EXISTS finance_transaction_keep;
--;
CREATE TRIGGER finance_transaction_keep BEFORE DELETE ON finance_transaction
WHEN EXISTS (SELECT 1 FROM tenancy_tenant WHERE id = OLD.tenant_id)
BEGIN
    SELECT RAISE(ABORT, 'finance_transaction rows are never deleted: void the transaction instead');
END;
--;
DROP TRIGGER IF EXISTS finance_change_keep;
--;
CREATE TRIGGER finance_change_keep BEFORE DELETE ON finance_ledgerchange
WHEN EXISTS (SELECT 1 FROM tenancy_tenant WHERE id = OLD.tenant_id)
BEGIN
    SELECT RAISE(ABORT, 'finance_ledgerchange rows are never deleted');
END;
--;
DROP TRIGGER IF EXISTS finance_change_append_only;
--;
CREATE TRIGGER finance_change_append_only BEFORE UPDATE ON finance_ledgerchange
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
--;
DROP TRIGGER IF EXISTS finance_transaction_insert;
--;
CREATE TRIGGER finance_transaction_insert AFTER INSERT ON finance_transaction
BEGIN
    SELECT RAISE(ABORT, 'a transaction changes without an entry on the audit trail')
    WHERE NOT EXISTS (
        SELECT 1 FROM finance_ledgerchange c WHERE c.tenant_id = NEW.tenant_id
        AND c.subject_id = NEW.id AND c.version = NEW.version);
    SELECT RAISE(ABORT, 'the splits of a transaction do not sum to its amount')
    WHERE NEW.amount_minor <> (
        SELECT coalesce(sum(s.amount_minor), 0) FROM finance_split s
        WHERE s.tenant_id = NEW.tenant_id AND s.transaction_id = NEW.id);
END;
--;
DROP TRIGGER IF EXISTS finance_transaction_update;
--;
CREATE TRIGGER finance_transaction_update AFTER UPDATE ON finance_transaction
BEGIN
    SELECT RAISE(ABORT, 'a transaction changes without a new version')
    WHERE NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id OR NEW.version <> OLD.version + 1;
    SELECT RAISE(ABORT, 'a transaction changes without an entry on the audit trail')
    WHERE NOT EXISTS (
        SELECT 1 FROM finance_ledgerchange c WHERE c.tenant_id = NEW.tenant_id
        AND c.subject_id = NEW.id AND c.version = NEW.version);
    SELECT RAISE(ABORT, 'the splits of a transaction do not sum to its amount')
    WHERE NEW.amount_minor <> (
        SELECT coalesce(sum(s.amount_minor), 0) FROM finance_split s
        WHERE s.tenant_id = NEW.tenant_id AND s.transaction_id = NEW.id);
END;
--;
DROP TRIGGER IF EXISTS finance_split_insert;
--;
CREATE TRIGGER finance_split_insert BEFORE INSERT ON finance_split
BEGIN
    SELECT RAISE(ABORT, 'splits change without an entry on the audit trail')
    WHERE EXISTS (
        SELECT 1 FROM finance_transaction t WHERE t.id = NEW.transaction_id AND NOT EXISTS (
            SELECT 1 FROM finance_ledgerchange c WHERE c.tenant_id = t.tenant_id
            AND c.subject_id = t.id AND c.version = t.version + 1));
END;
--;
DROP TRIGGER IF EXISTS finance_split_update;
--;
CREATE TRIGGER finance_split_update BEFORE UPDATE ON finance_split
BEGIN
    SELECT RAISE(ABORT, 'a split cannot move to another transaction')
    WHERE NEW.transaction_id <> OLD.transaction_id OR NEW.tenant_id <> OLD.tenant_id;
    SELECT RAISE(ABORT, 'splits change without an entry on the audit trail')
    WHERE EXISTS (
        SELECT 1 FROM finance_transaction t WHERE t.id = NEW.transaction_id AND NOT EXISTS (
            SELECT 1 FROM finance_ledgerchange c WHERE c.tenant_id = t.tenant_id
            AND c.subject_id = t.id AND c.version = t.version + 1));
END;
--;
DROP TRIGGER IF EXISTS finance_split_delete;
--;
CREATE TRIGGER finance_split_delete BEFORE DELETE ON finance_split
WHEN EXISTS (SELECT 1 FROM tenancy_tenant WHERE id = OLD.tenant_id)
BEGIN
    SELECT RAISE(ABORT, 'splits change without an entry on the audit trail')
    WHERE EXISTS (
        SELECT 1 FROM finance_transaction t WHERE t.id = OLD.transaction_id AND NOT EXISTS (
            SELECT 1 FROM finance_ledgerchange c WHERE c.tenant_id = t.tenant_id
            AND c.subject_id = t.id AND c.version = t.version + 1));
END;
--;
-- What is posted in all is summed from this index alone. PostgreSQL adds up rows fast enough without.
CREATE INDEX IF NOT EXISTS finance_transaction_sums
ON finance_transaction (tenant_id, state, currency, amount_minor);
--;
-- Monthly totals of what is posted, kept by each row that changes; made anew with the walls.
CREATE TABLE IF NOT EXISTS finance_monthly_total (
    id integer PRIMARY KEY,
    tenant_id char(32) NOT NULL,
    account_id char(32) NOT NULL,
    category_id char(32),
    month date NOT NULL,
    currency varchar(3) NOT NULL,
    total_minor bigint NOT NULL,
    inflow_minor bigint NOT NULL,
    count bigint NOT NULL
);
--;
CREATE UNIQUE INDEX IF NOT EXISTS finance_monthly_total_once
ON finance_monthly_total (tenant_id, month, account_id, coalesce(category_id, ''), currency);
--;
DELETE FROM finance_monthly_total;
--;
INSERT INTO finance_monthly_total (tenant_id, account_id, category_id, month, currency,
    total_minor, inflow_minor, count)
SELECT t.tenant_id, t.account_id, s.category_id, date(t.booked_on, 'start of month'), t.currency,
    sum(s.amount_minor), sum(max(s.amount_minor, 0)), count(*)
FROM finance_transaction t
JOIN finance_split s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
WHERE t.state = 'posted'
GROUP BY t.tenant_id, t.account_id, s.category_id, date(t.booked_on, 'start of month'), t.currency;
--;
-- One split's share of its total: `sign` is 1 to add it, -1 to take it away.
DROP VIEW IF EXISTS finance_share;
--;
CREATE VIEW finance_share AS
SELECT tenant_id, account_id, category_id, month AS booked_on, currency, total_minor AS amount,
    count AS sign
FROM finance_monthly_total;
--;
CREATE TRIGGER finance_share_counts INSTEAD OF INSERT ON finance_share
BEGIN
    INSERT INTO finance_monthly_total (tenant_id, account_id, category_id, month, currency,
        total_minor, inflow_minor, count)
    VALUES (NEW.tenant_id, NEW.account_id, NEW.category_id, date(NEW.booked_on, 'start of month'),
        NEW.currency, NEW.sign * NEW.amount, NEW.sign * max(NEW.amount, 0), NEW.sign)
    ON CONFLICT (tenant_id, month, account_id, coalesce(category_id, ''), currency) DO UPDATE SET
        total_minor = total_minor + excluded.total_minor,
        inflow_minor = inflow_minor + excluded.inflow_minor, count = count + excluded.count;
END;
--;
DROP TRIGGER IF EXISTS finance_total_insert;
--;
CREATE TRIGGER finance_total_insert AFTER INSERT ON finance_transaction
BEGIN
    INSERT INTO finance_share
    SELECT NEW.tenant_id, NEW.account_id, s.category_id, NEW.booked_on, NEW.currency,
        s.amount_minor, 1
    FROM finance_split s
    WHERE NEW.state = 'posted' AND s.tenant_id = NEW.tenant_id AND s.transaction_id = NEW.id;
END;
--;
DROP TRIGGER IF EXISTS finance_total_update;
--;
CREATE TRIGGER finance_total_update AFTER UPDATE ON finance_transaction
WHEN NEW.state <> OLD.state OR NEW.account_id <> OLD.account_id
    OR NEW.booked_on <> OLD.booked_on OR NEW.currency <> OLD.currency
BEGIN
    INSERT INTO finance_share
    SELECT OLD.tenant_id, OLD.account_id, s.category_id, OLD.booked_on, OLD.currency,
        s.amount_minor, -1
    FROM finance_split s
    WHERE OLD.state = 'posted' AND s.tenant_id = OLD.tenant_id AND s.transaction_id = OLD.id;
    INSERT INTO finance_share
    SELECT NEW.tenant_id, NEW.account_id, s.category_id, NEW.booked_on, NEW.currency,
        s.amount_minor, 1
    FROM finance_split s
    WHERE NEW.state = 'posted' AND s.tenant_id = NEW.tenant_id AND s.transaction_id = NEW.id;
END;
--;
DROP TRIGGER IF EXISTS finance_total_split_insert;
--;
CREATE TRIGGER finance_total_split_insert AFTER INSERT ON finance_split
BEGIN
    INSERT INTO finance_share
    SELECT t.tenant_id, t.account_id, NEW.category_id, t.booked_on, t.currency,
        NEW.amount_minor, 1
    FROM finance_transaction t
    WHERE t.state = 'posted' AND t.tenant_id = NEW.tenant_id AND t.id = NEW.transaction_id;
END;
--;
DROP TRIGGER IF EXISTS finance_total_split_update;
--;
CREATE TRIGGER finance_total_split_update AFTER UPDATE ON finance_split
BEGIN
    INSERT INTO finance_share
    SELECT t.tenant_id, t.account_id, OLD.category_id, t.booked_on, t.currency,
        OLD.amount_minor, -1
    FROM finance_transaction t
    WHERE t.state = 'posted' AND t.tenant_id = OLD.tenant_id AND t.id = OLD.transaction_id;
    INSERT INTO finance_share
    SELECT t.tenant_id, t.account_id, NEW.category_id, t.booked_on, t.currency,
        NEW.amount_minor, 1
    FROM finance_transaction t
    WHERE t.state = 'posted' AND t.tenant_id = NEW.tenant_id AND t.id = NEW.transaction_id;
END;
--;
DROP TRIGGER IF EXISTS finance_total_split_delete;
--;
CREATE TRIGGER finance_total_split_delete AFTER DELETE ON finance_split
BEGIN
    INSERT INTO finance_share
    SELECT t.tenant_id, t.account_id, OLD.category_id, t.booked_on, t.currency,
        OLD.amount_minor, -1
    FROM finance_transaction t
    WHERE t.state = 'posted' AND t.tenant_id = OLD.tenant_id AND t.id = OLD.transaction_id;
END;
--;
-- Search: what is written of a transaction, found by its trigrams, in the letters of any alphabet
-- (https://sqlite.org/fts5.html#the_trigram_tokenizer). The index reads the text from a table whose
-- keys stay as they are, which those of a transaction's rows need not. Made anew with the walls.
CREATE TABLE IF NOT EXISTS finance_search_text (
    id integer PRIMARY KEY,
    transaction_id char(32) NOT NULL UNIQUE,
    text text NOT NULL
);
--;
DROP TABLE IF EXISTS finance_search;
--;
CREATE VIRTUAL TABLE finance_search
USING fts5(text, content='finance_search_text', content_rowid='id', tokenize='trigram');
--;
DROP TRIGGER IF EXISTS finance_search_insert;
--;
DROP TRIGGER IF EXISTS finance_search_delete;
--;
DELETE FROM finance_search_text;
--;
INSERT INTO finance_search_text (transaction_id, text)
SELECT id, merchant || char(10) || merchant_raw || char(10) || description || char(10) || notes
FROM finance_transaction;
--;
INSERT INTO finance_search (finance_search) VALUES ('rebuild');
--;
CREATE TRIGGER finance_search_insert AFTER INSERT ON finance_search_text
BEGIN
    INSERT INTO finance_search (rowid, text) VALUES (NEW.id, NEW.text);
END;
--;
CREATE TRIGGER finance_search_delete AFTER DELETE ON finance_search_text
BEGIN
    INSERT INTO finance_search (finance_search, rowid, text) VALUES ('delete', OLD.id, OLD.text);
END;
--;
DROP TRIGGER IF EXISTS finance_transaction_searched;
--;
CREATE TRIGGER finance_transaction_searched AFTER INSERT ON finance_transaction
BEGIN
    INSERT INTO finance_search_text (transaction_id, text) VALUES (NEW.id, NEW.merchant || char(10)
        || NEW.merchant_raw || char(10) || NEW.description || char(10) || NEW.notes);
END;
--;
DROP TRIGGER IF EXISTS finance_transaction_searched_anew;
--;
CREATE TRIGGER finance_transaction_searched_anew AFTER UPDATE ON finance_transaction
WHEN NEW.merchant <> OLD.merchant OR NEW.merchant_raw <> OLD.merchant_raw
    OR NEW.description <> OLD.description OR NEW.notes <> OLD.notes
BEGIN
    DELETE FROM finance_search_text WHERE transaction_id = NEW.id;
    INSERT INTO finance_search_text (transaction_id, text) VALUES (NEW.id, NEW.merchant || char(10)
        || NEW.merchant_raw || char(10) || NEW.description || char(10) || NEW.notes);
END;
--;
DROP TRIGGER IF EXISTS finance_transaction_searched_no_more;
--;
CREATE TRIGGER finance_transaction_searched_no_more AFTER DELETE ON finance_transaction
BEGIN
    DELETE FROM finance_search_text WHERE transaction_id = OLD.id;
END;
