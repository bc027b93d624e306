"""All tables of the house, wherever their rows are described."""

from sqlmodel import SQLModel

from storage import audit_tables, booking_tables, installed, programs, tables

_ = (tables.LockRow, installed.WorkspaceRow, programs.ApiTokenRow, audit_tables.AuditHeadRow, booking_tables.BookingRow)
METADATA = SQLModel.metadata
