"""The baseline of the answers: a list view of REST framework over the same stored table.

It is written as in its tutorial: a ModelSerializer, filters from the query, and the cheapest pagination, which follows
the primary key and counts nothing. `counted/` has the usual pagination, by page number.
"""

from django.db.models import QuerySet
from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.serializers import ModelSerializer

from wingtel.aggregates.models import DailyUsage


class DailyUsageSerializer(ModelSerializer[DailyUsage]):
    class Meta:
        model = DailyUsage
        fields = ("subscription_id", "usage_type", "day", "used", "price", "records")


class ByKey(CursorPagination):
    page_size = 100
    ordering = ("subscription_id", "usage_type", "day")


class ByNumber(PageNumberPagination):
    page_size = 100


class DailyUsageList(ListAPIView[DailyUsage]):
    serializer_class = DailyUsageSerializer
    pagination_class = ByKey

    def get_queryset(self) -> QuerySet[DailyUsage]:
        params = self.request.query_params
        rows = DailyUsage.objects.order_by("subscription_id", "usage_type", "day")
        if "subscription_id" in params:
            rows = rows.filter(subscription_id=params["subscription_id"])
        if "from" in params:
            rows = rows.filter(day__gte=params["from"])
        if "to" in params:
            rows = rows.filter(day__lte=params["to"])
        return rows


class CountedList(DailyUsageList):
    pagination_class = ByNumber


urlpatterns = [path("plain/", DailyUsageList.as_view()), path("counted/", CountedList.as_view())]
