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
DROP VIEW IF EXISTS finance_monthly_total;
--;
CREATE VIEW finance_monthly_total AS
SELECT min(s.rowid) AS id, t.tenant_id, t.account_id, s.category_id,
    date(t.booked_on, 'start of month') AS month, t.currency,
    sum(s.amount_minor) AS total_minor, sum(max(s.amount_minor, 0)) AS inflow_minor,
    count(*) AS count
FROM finance_transaction t
JOIN finance_split s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
WHERE t.state = 'posted'
GROUP BY t.tenant_id, t.account_id, s.category_id, date(t.booked_on, 'start of month'), t.currency;
