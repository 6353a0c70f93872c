"""The API beside a plain REST framework view, and exports beside COPY: `make bench-api`."""
