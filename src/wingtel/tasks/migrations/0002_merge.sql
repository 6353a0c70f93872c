-- The task `wingtel.fold` is called `wingtel.merge`: its figures go on under the new name.
SET LOCAL lock_timeout = '1s';
UPDATE background_task_run SET task = 'wingtel.merge'
WHERE task = 'wingtel.fold' AND NOT EXISTS (SELECT FROM background_task_run WHERE task = 'wingtel.merge');
