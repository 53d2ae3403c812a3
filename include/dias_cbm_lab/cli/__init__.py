"""The lab's sub-commands of ``cbm``."""
