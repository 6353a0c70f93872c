from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "wingtel.tasks"
    label = "wingtel_tasks"
