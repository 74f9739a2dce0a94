"""Save the dashboard as a picture and as a PDF."""

import os

from playwright.sync_api import sync_playwright


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch()
        page = browser.new_page()
        page.goto(os.environ["DASHBOARD_URL"])
        page.get_by_label("Password").fill(os.environ["DASHBOARD_PASSWORD"])
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Dashboard").wait_for()
        page.screenshot(path="out/dashboard.png")
        page.pdf(path="out/dashboard.pdf")
        browser.close()


if __name__ == "__main__":
    main()
