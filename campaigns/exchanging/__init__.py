"""A campaign as plain files that another machine or database can make the same campaign from: CSV, JSON, adapters, a manifest."""
