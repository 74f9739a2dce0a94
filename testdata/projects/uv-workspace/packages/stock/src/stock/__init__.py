"""What is in stock."""

from iniconfig import IniConfig


def read(path):
    return {section.name: int(section["pieces"]) for section in IniConfig(path)}
