-- name: copy_rejects
COPY rejected_record (usage_import_id, line, raw, field, reason) FROM STDIN
