"""What tests share: tiny data sets, servers, builders of tables."""
