package main

import (
	"database/sql"
	"os"

	"github.com/go-sql-driver/mysql"
)

func openDatabase() (*sql.DB, error) {
	config := mysql.NewConfig()
	config.Net = "tcp"
	config.Addr = os.Getenv("DB_ADDR")
	config.User = "billing"
	config.Passwd = os.Getenv("DB_PASSWORD")
	config.DBName = "billing"
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(50)
	pool.SetMaxIdleConns(50)
	return pool, nil
}
