"""What the answers are measured against: a list view of REST framework over the same stored table.

Written as its tutorial does it: a ModelSerializer, filters from the query, and the cheapest pagination there is, which
follows the primary key and counts nothing. `counted/` has the usual one, by number of page.
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
        asked = self.request.query_params
        rows = DailyUsage.objects.order_by("subscription_id", "usage_type", "day")
        if "subscription_id" in asked:
            rows = rows.filter(subscription_id=asked["subscription_id"])
        if "from" in asked:
            rows = rows.filter(day__gte=asked["from"])
        if "to" in asked:
            rows = rows.filter(day__lte=asked["to"])
        return rows


class CountedList(DailyUsageList):
    pagination_class = ByNumber


urlpatterns = [path("plain/", DailyUsageList.as_view()), path("counted/", CountedList.as_view())]
