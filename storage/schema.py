"""All tables of the house, wherever their rows are described."""

from sqlmodel import SQLModel

from storage import audit_tables, booking_tables, installed, programs, series, tables

_ = (tables.LockRow, installed.WorkspaceRow, programs.ApiTokenRow, audit_tables.AuditHeadRow, booking_tables.BookingRow)
__ = series.SeriesRow
METADATA = SQLModel.metadata
