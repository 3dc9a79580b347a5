"""What people see and do, with headless Chromium on the real pages of site and provider."""
