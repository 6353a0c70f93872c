from django.contrib import admin

from wingtel.db.admin import ReadOnlyAdmin

from .models import TaskRun


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnlyAdmin[TaskRun]):
    list_display = ["task", "succeeded_at", "failed_at", "runs", "failures"]
